import { createDialer } from '../../../main/net/dialer.ts'
import { createGrants, type GrantsOptions } from '../../../main/oauth/grants.ts'
import type { Grant, Grants, Receipt, SignIn } from '../../../main/oauth/types.ts'
import {
  configSchema,
  type RemoteServer,
  remoteServerSchema,
} from '../../../main/store/config-schema.ts'
import { openState, type State } from '../../../main/store/state.ts'
import { createKnownSecrets, type KnownSecrets } from '../../../main/vault/known-secrets.ts'
import { createMemoryStore } from '../../../main/vault/memory.ts'
import type { SecretStore } from '../../../main/vault/store.ts'
import { testHome } from '../../harness/home.ts'

/** The oauth room over a real state database, a real dialer and a vault in memory. */
export interface House extends AsyncDisposable {
  readonly home: string
  readonly grants: Grants
  readonly state: State
  readonly vault: SecretStore
  readonly knownSecrets: KnownSecrets
  /** What the room asked the browser to open. */
  readonly opened: string[]
  /** What happened, in order: `connected notes/default`, … */
  readonly events: string[]
  /** `asleep`: how much of it the machine slept; grows together with `now` in a sleep, and when the clock is set. */
  readonly time: { now: number; asleep: number }
  /** The machine sleeps for so many milliseconds; negative: its clock is set back. */
  sleep(ms: number): void
  /** Ends this companion and starts another on the same home and vault. */
  restart(): Promise<void>
  receipt(): Promise<Receipt>
}

export interface HouseOptions {
  readonly vault?: SecretStore
  readonly settings?: GrantsOptions['settings']
  readonly providers?: Readonly<Record<string, unknown>>
  readonly choices?: GrantsOptions['choices']
  readonly resolveSecret?: GrantsOptions['resolveSecret']
  readonly browser?: GrantsOptions['browser']
  readonly fetch?: GrantsOptions['fetch']
  readonly wait?: GrantsOptions['wait']
}

export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const home = await testHome()
  const dialer = createDialer()
  const vault = options.vault ?? createMemoryStore()
  const time = { now: Date.now(), asleep: 0 }
  const opened: string[] = []
  const { providers } = configSchema.parse({ providers: options.providers ?? {} })
  const events: string[] = []

  function start() {
    const state = openState(home.path)
    const knownSecrets = createKnownSecrets()
    const grants = createGrants({
      state,
      vault: () => vault,
      knownSecrets,
      browser: options.browser ?? { open: async (url) => void opened.push(url) },
      fetch: options.fetch ?? dialer.fetch,
      settings: options.settings ?? (() => ({})),
      providers: () => providers,
      choices: options.choices ?? (() => ({ servers: {}, clients: {} })),
      resolveSecret: options.resolveSecret ?? (async () => 'a-client-secret'),
      clock: () => time.now,
      monotonic: () => time.now - time.asleep,
      ...(options.wait && { wait: options.wait }),
    })
    const note = (event: string) => (grant: Grant) =>
      void events.push(`${event} ${grant.server}/${grant.account}`)
    grants.on('connected', note('connected'))
    grants.on('refreshed', note('refreshed'))
    grants.on('revoked', note('revoked'))
    grants.on('signInNeeded', note('signInNeeded'))
    return { state, knownSecrets, grants }
  }

  let running = start()
  async function stop() {
    await running.grants.close()
    running.state.close()
  }

  return {
    home: home.path,
    get grants() {
      return running.grants
    },
    get state() {
      return running.state
    },
    get knownSecrets() {
      return running.knownSecrets
    },
    vault,
    opened,
    events,
    time,
    sleep(ms) {
      time.now += ms
      time.asleep += ms
    },
    async restart() {
      await stop()
      running = start()
    },
    receipt() {
      const { promise, resolve } = Promise.withResolvers<Receipt>()
      const off = running.grants.on('receipt', (receipt) => {
        off()
        resolve(receipt)
      })
      return promise
    },
    async [Symbol.asyncDispose]() {
      await stop()
      await dialer.close()
      await home[Symbol.asyncDispose]()
    },
  }
}

/** The scripted provider's server, met as the profile `idp` says. */
export const serverOf = (url: string, oauth?: RemoteServer['oauth'], name = 'notes') => ({
  name,
  definition: remoteServerSchema.parse({ url, provider: 'idp', ...(oauth && { oauth }) }),
})

export const serverAt = (url: string, oauth?: RemoteServer['oauth'], name = 'notes') => ({
  name,
  definition: remoteServerSchema.parse(oauth === undefined ? { url } : { url, oauth }),
})

/** What the provider's redirect would make the browser load. */
export function answerTo(signIn: SignIn, parameters: Record<string, string>): string {
  const request = new URL(signIn.url).searchParams
  const answer = { state: request.get('state') ?? '', ...parameters }
  return `${request.get('redirect_uri')}?${new URLSearchParams(answer)}`
}

/** A person who said yes at a provider that sends `iss`. */
export async function allow(signIn: SignIn): Promise<Grant> {
  const page = await fetch(answerTo(signIn, { code: 'the-code', iss: signIn.issuer }))
  if (page.status !== 200) throw new Error(`The callback answered ${page.status}.`)
  return signIn.completed
}

/** Connects the scripted provider's server. */
export async function connectTo(
  house: House,
  url: string,
  oauth?: RemoteServer['oauth'],
  account?: string,
): Promise<Grant> {
  return allow(await house.grants.connect(serverAt(url, oauth), { account }))
}
