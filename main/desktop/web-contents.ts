import { app, type Session, type WebContents } from 'electron'

/**
 * Denies to everything that renders what our one page never needs. Installed for every session and every web contents
 * there will be, ours included, so that a page made by mistake or by an attacker is born without rights.
 */
export function guardWebContents(): void {
  app.on('session-created', denyPermissions)
  app.on('web-contents-created', (_event, contents) => denyExits(contents))
}

function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, decide) => decide(false))
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
  session.on('will-download', (event) => event.preventDefault())
}

/** `will-navigate` does not fire for our own `loadURL`, so nothing has to be let through. */
function denyExits(contents: WebContents): void {
  const deny = (event: { preventDefault(): void }) => event.preventDefault()
  contents.on('will-navigate', deny)
  contents.on('will-frame-navigate', deny)
  contents.on('will-redirect', deny)
  contents.on('will-attach-webview', deny)
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
}
