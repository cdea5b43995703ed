import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import path from 'node:path'
import { type Companion, type CompanionOptions, startCompanion } from '../../main/companion.ts'
import { WarderError } from '../../main/errors.ts'
import { createHelper } from '../../main/headless/helper.ts'
import { createPresence } from '../../main/headless/presence.ts'
import type { Presence } from '../../main/ports.ts'
import { testHome } from '../harness/home.ts'

export interface World extends AsyncDisposable {
  readonly home: string
  readonly companion: Companion
  readonly call: Companion['control']['call']
  /** Calls, and says yes to the question that comes back. */
  agree(channel: string, input: Record<string, unknown>): Promise<unknown>
  /** Writes config.json as an editor does, and resolves when the companion has seen it. */
  edit(content: unknown): Promise<void>
}

/**
 * A companion with a vault that forgets and a person who is never at a browser.
 * @param existing a home that outlives it; else it has one of its own
 */
export async function startWorld(
  presence: Presence = createPresence(),
  existing?: { readonly path: string },
  more: Pick<CompanionOptions, 'vault' | 'passphrase'> & {
    readonly env?: CompanionOptions['env']
  } = {},
): Promise<World> {
  await using stack = new AsyncDisposableStack()
  const home = existing ?? stack.use(await testHome())
  const runtime = stack.use(await testHome())
  const companion = await startCompanion({
    home: home.path,
    shell: 'headless',
    vault: more.vault ?? 'memory',
    ...(more.passphrase && { passphrase: more.passphrase }),
    ports: {
      presence,
      helper: createHelper(),
      notifier: { notify: () => {} },
      browser: {
        open: () => Promise.reject(new WarderError('oauth.browser_failed', 'There is none.')),
      },
    },
    argv: [process.execPath],
    env: { XDG_RUNTIME_DIR: runtime.path, ...more.env },
    openUi: async () => ({ url: null, file: null }),
  })
  stack.defer(() => companion.close())
  const { call } = companion.control
  const kept = stack.move()
  return {
    home: home.path,
    companion,
    call,
    async agree(channel, input) {
      const { challenge } = (await refusal(call(channel, input), 'presence.required')).details ?? {}
      return call(channel, { ...input, confirm: challenge })
    },
    async edit(content) {
      const seen = Promise.withResolvers<void>()
      const stop = companion.control.on('state:changed', ({ area }) => {
        if (area === 'approvals') seen.resolve()
      })
      writeFileSync(path.join(home.path, 'config.json'), JSON.stringify(content))
      await seen.promise
      stop()
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** The error that a call ends with; anything else is thrown on. */
export async function refusal(
  call: Promise<unknown>,
  code: WarderError['code'],
): Promise<WarderError> {
  try {
    await call
  } catch (error) {
    if (error instanceof WarderError && error.code === code) return error
    throw error
  }
  throw new Error(`it was not refused with ${code}`)
}

/** One request over the control socket. */
export function overSocket(
  companion: Companion,
  {
    method = 'POST',
    url = '/',
    headers = {},
    body = '',
  }: {
    method?: string
    url?: string
    headers?: Record<string, string>
    body?: string
  },
): Promise<{ status: number | undefined; body: unknown }> {
  const socketPath = path.join(companion.sockets, 'control.sock')
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath, method, path: url, headers, agent: false },
      async (answer) => {
        const text = (await answer.toArray()).join('')
        resolve({ status: answer.statusCode, body: JSON.parse(text) })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
