import type { Browser } from 'playwright'
import type { AccountView, Output } from '../../../preload/contract/index.ts'
import { type Person, signIn } from '../../harness/chromium.ts'
import { testHome } from '../../harness/home.ts'
import type { IdentityProvider } from '../../harness/identity-provider/types.ts'
import { startOidcProvider } from '../../harness/oidc-provider/index.ts'
import {
  type ResourceServer,
  type ResourceServerOptions,
  startResourceServer,
} from '../../harness/resource-server.ts'
import { startWarder, type Warder, type WarderOptions } from '../../harness/warder.ts'
import { type SystemBrowser, startSystemBrowser } from '../../harness/xdg-open/index.ts'

/** The client that every stage has, and the remote server behind its identity provider. */
export const CLIENT = 'desk'
export const REMOTE = 'notes'

/** The shipped companion with a client and a protected server, nobody signed in yet. */
export interface Stage extends AsyncDisposable {
  readonly home: string
  readonly provider: IdentityProvider
  readonly remote: ResourceServer
  readonly system: SystemBrowser
  /** The companion that runs now. */
  readonly warder: Warder
  /** The client's bearer for the token door. */
  readonly bearer: string
  /** Signs in through `xdg-open` and Chromium; to {@link REMOTE} where no other server is named. */
  connect(person?: Partial<Person>, server?: string): Promise<AccountView>
  /** Stops the companion if it still runs, and starts it again on the same home. */
  restart(): Promise<Warder>
}

export interface StageOptions extends Omit<WarderOptions, 'home'> {
  readonly chromium: Browser
  /** A complete oidc-provider by default. */
  readonly provider?: Promise<IdentityProvider>
  readonly remote?: ResourceServerOptions
}

export async function openStage(options: StageOptions): Promise<Stage> {
  const { chromium, provider: starting = startOidcProvider(), remote: guard, ...rest } = options
  await using started = new AsyncDisposableStack()
  const home = started.use(await testHome()).path
  const provider = started.use(await starting)
  const remote = started.use(await startResourceServer(provider, guard))
  const system = started.use(await startSystemBrowser())
  const companion = { ...rest, home, env: { ...rest.env, ...system.env } }
  let warder = await startWarder(companion)
  started.defer(() => warder[Symbol.asyncDispose]())

  await warder.ok(['server', 'add', REMOTE, '--url', remote.url])
  const { bearer } = await addClient(warder, CLIENT)

  const resources = started.move()
  return {
    home,
    provider,
    remote,
    system,
    bearer,
    get warder() {
      return warder
    },
    async connect(person, server = REMOTE) {
      const connected = warder.ok<AccountView>(['connect', server])
      // A sign-in that fails before the browser opens is the error, and not a wait for the browser.
      const url = await Promise.race([system.next(), connected.then(String)])
      await visit(chromium, url, provider, person)
      return connected
    },
    async restart() {
      await warder[Symbol.asyncDispose]()
      warder = await startWarder(companion)
      return warder
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** Adds a client, as a script does that has read what it allows. */
export const addClient = (warder: Warder, name: string) =>
  warder.ok<Output<'clients:add'>>(['client', 'add', name, '--yes'])

/** A person with a fresh browser profile walks from the link to the provider's last page. @returns what that page says */
export async function visit(
  chromium: Browser,
  url: string,
  provider: IdentityProvider,
  person?: Partial<Person>,
): Promise<string> {
  const profile = await chromium.newContext()
  try {
    const page = await profile.newPage()
    await signIn(page, url, provider, person)
    return await page.innerText('body')
  } finally {
    await profile.close()
  }
}
