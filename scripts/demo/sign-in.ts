import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { AccountView } from '../../preload/contract/index.ts'
import { launchBrowser, signIn } from '../../test/harness/chromium.ts'
import {
  accountPassword,
  accounts,
  type IdentityProvider,
} from '../../test/harness/identity-provider/types.ts'
import { cli, type Warder } from '../../test/harness/warder.ts'
import { startSystemBrowser } from '../../test/harness/xdg-open/index.ts'
import { exitCode } from '../run.ts'

/** Who sits at the browser. */
export interface SignInPart extends AsyncDisposable {
  /** What the companion needs to find that browser. */
  readonly env: Readonly<Record<string, string>>
  connect(warder: Warder, server: string): Promise<AccountView>
}

/** Headless Chromium is the system browser and does what a person would. */
export async function connectUnattended(provider: IdentityProvider): Promise<SignInPart> {
  await using started = new AsyncDisposableStack()
  const system = started.use(await startSystemBrowser())
  const chromium = started.adopt(await launchBrowser(), (browser) => browser.close())
  const resources = started.move()
  return {
    env: system.env,
    async connect(warder, server) {
      const connected = warder.ok<AccountView>(['connect', server])
      const page = await chromium.newPage()
      await signIn(page, await system.next(), provider)
      await page.close()
      return connected
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** The person's own browser. */
export function connectAsPerson(say: (line: string) => void): SignInPart {
  const names = [
    'DISPLAY',
    'WAYLAND_DISPLAY',
    'XAUTHORITY',
    'DBUS_SESSION_BUS_ADDRESS',
    'XDG_RUNTIME_DIR',
    'HOME',
  ]
  return {
    env: Object.fromEntries(
      names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
    ),
    async connect(warder, server) {
      say(
        `Your browser opens the provider: sign in as ${accounts.alice} with ${accountPassword} and allow access.`,
      )
      const verb = [cli, 'connect', server, '--json', '--home', warder.home]
      // Its notes go straight to the person: where no browser opens, they hold the link.
      const child = spawn(process.execPath, verb, { stdio: ['ignore', 'pipe', 'inherit'] })
      const [code, answer] = await Promise.all([exitCode(child), text(child.stdout)])
      if (code !== 0) throw new Error(answer)
      return JSON.parse(answer) as AccountView
    },
    [Symbol.asyncDispose]: async () => {},
  }
}
