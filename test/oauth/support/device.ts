import type { Wait } from '../../../main/oauth/device-polling.ts'
import { type House, openHouse } from './house.ts'
import { type ScriptedProvider, startScriptedProvider } from './scripted-provider.ts'

/** A provider that gives out codes, and a house whose waiting takes no time but what its clock shows. */
export interface DeviceWorld extends AsyncDisposable {
  readonly provider: ScriptedProvider
  readonly house: House
  /** How long was waited before each request for the tokens, in milliseconds. */
  readonly waits: number[]
  /** What the token endpoint answers, one after the other; tokens when the list is empty. */
  readonly answers: string[]
  /** Resolves when the house waits, and keeps it waiting until it is aborted. */
  hold(): Promise<void>
}

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

export const tokens = {
  access_token: 'the-access-token',
  token_type: 'Bearer',
  expires_in: 3600,
  refresh_token: 'the-refresh-token',
}

export async function openDeviceWorld(
  given: Record<string, unknown> = {},
  metadata: Record<string, unknown> = {},
): Promise<DeviceWorld> {
  await using stack = new AsyncDisposableStack()
  const provider = stack.use(await startScriptedProvider())
  const { origin, answers: scripts } = provider
  const waits: number[] = []
  const answers: string[] = []
  let held: PromiseWithResolvers<void> | null = null
  const wait: Wait = async (ms, signal) => {
    waits.push(ms)
    house.time.now += ms
    if (held === null) return
    const aborted = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => aborted.resolve(), { once: true })
    held.resolve()
    await aborted.promise
  }
  const house = stack.use(await openHouse({ wait }))
  scripts.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata({ device_authorization_endpoint: `${origin}/device`, ...metadata }),
  }))
  scripts.set('/device', () => ({
    body: {
      device_code: 'the-device-code',
      user_code: 'WDJB-MJHT',
      verification_uri: `${origin}/activate`,
      verification_uri_complete: `${origin}/activate?user_code=WDJB-MJHT`,
      expires_in: 1800,
      interval: 7,
      ...given,
    },
  }))
  scripts.set('/token', () => {
    const error = answers.shift()
    return error === undefined ? { body: tokens } : { status: 400, body: { error } }
  })
  const kept = stack.move()
  return {
    provider,
    house,
    waits,
    answers,
    hold() {
      held = Promise.withResolvers()
      return held.promise
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
