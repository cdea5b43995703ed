import { Icon } from '../parts/icon.tsx'

/** What anybody sees who opens the address without a login, and what is left when a session has ended. */
export function SignedOut() {
  return (
    <main className="signed-out">
      <Icon name="warder" />
      <h1>This window is not signed in</h1>
      <p>
        Open this window with <code>warder ui</code>
      </p>
      <p className="quiet">
        Run it in a terminal on this computer. It proves that you are the one who runs Warder, and
        the link works once.
      </p>
    </main>
  )
}
