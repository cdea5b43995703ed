import { type Companion, startCompanion } from '../companion.ts'
import { layout, nodeProgram } from '../layout.ts'
import { createBrowser, openOwnPage } from './browser.ts'
import { createHelper } from './helper.ts'
import { createPresence } from './presence.ts'
import { startUiServer, type UiServer } from './ui-server.ts'

export interface Serving {
  readonly ready: {
    readonly ready: true
    readonly http: string
    readonly sockets: string
    readonly vault: string
  }
  close(): Promise<void>
}

/**
 * The headless shell: the companion on plain Node, its page in the system browser.
 *
 * @throws WarderError those of `startCompanion`
 */
export async function serveHeadless(options: {
  home: string
  vault?: 'keychain' | 'file' | 'memory'
  passphrase?: (purpose: 'open' | 'create') => Promise<string>
  port?: number
  /** Called when the app wants to take this one's place. */
  onYield?: () => void
}): Promise<Serving> {
  const { home, vault, passphrase, port, onYield } = options
  const { env } = process
  let ui: Promise<UiServer> | undefined

  function page(): Promise<UiServer> {
    ui ??= startUiServer(companion.control, {
      rendererDir: layout.renderer,
      runtimeDir: companion.sockets,
    }).catch((error: unknown) => {
      ui = undefined
      throw error
    })
    return ui
  }

  const companion: Companion = await startCompanion({
    home,
    shell: 'headless',
    ports: {
      browser: createBrowser(env),
      // Without a window nobody is told by surprise; `warder status` and the page show what needs a person.
      notifier: { notify: () => {} },
      presence: createPresence(),
      helper: createHelper(env),
    },
    ...(vault ? { vault } : {}),
    ...(passphrase ? { passphrase } : {}),
    ...(port === undefined ? {} : { port }),
    ...(onYield ? { handOver: onYield } : {}),
    // What the shim starts: the same home and vault. A passphrase cannot be repeated; the port is remembered.
    argv: [
      nodeProgram(),
      layout.cli,
      'serve',
      '--home',
      home,
      ...(vault ? ['--vault', vault] : []),
    ],
    env,
    // Only an address: who follows it has to log in, with a file that is given to this user alone.
    pageLink: (fragment) =>
      page().then(
        ({ url }) => `${url}/${fragment}`,
        () => null,
      ),
    async openUi({ browser: open }) {
      const { file, url } = await (await page()).login()
      // Only the path of a 0600 file is in the browser's argument list; the code in it is good once.
      if (open) await openOwnPage(url, env)
      return { url, file }
    },
  })

  return {
    ready: {
      ready: true,
      http: companion.http,
      sockets: companion.sockets,
      vault: companion.vault,
    },
    async close() {
      try {
        await (await ui)?.close()
      } finally {
        await companion.close()
      }
    },
  }
}
