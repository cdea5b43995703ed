import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Fetch } from '../net/dialer.ts'
import type { DocumentCache } from '../net/document-cache.ts'
import type { UrlPolicy } from '../net/url-policy.ts'
import type { Browser } from '../ports.ts'
import { urlPolicyOf } from '../servers/networks.ts'
import { profileOf } from '../servers/providers.ts'
import type { ProviderProfile, RemoteServer } from '../store/config-schema.ts'
import type { SecretStore } from '../vault/store.ts'
import { type Attempt, type Attempts, notFinished } from './attempts.ts'
import { createSignInRequest, profileParameters, type SignInRequest } from './authorization.ts'
import { openInBrowser } from './browser.ts'
import { beginInBrowser } from './browser-sign-in.ts'
import { issuerChoice } from './choose-issuer.ts'
import { checkClientKey } from './client-assertion.ts'
import type { Clients, Enrolment } from './clients.ts'
import { deviceParameters, offersDeviceFlow, requireDeviceFlow } from './device.ts'
import type { Wait } from './device-polling.ts'
import { beginByCode } from './device-sign-in.ts'
import { discover } from './discovery.ts'
import type { GiveBack } from './give-back.ts'
import { createKeep, type KeepOptions, type Source, seal, unwantedRow } from './keep-grant.ts'
import { chooseScopes } from './scopes.ts'
import { createSignInKeys } from './sign-in-key.ts'
import { refuseBeyond, type StepUps } from './step-up.ts'
import type { Connected, SignIn, SignInMethod } from './types.ts'
import type { Way } from './way.ts'

export interface SignIns {
  /** @throws as `Grants.connect` */
  connect(server: Server, wish: Wish): Promise<SignIn>
  /** Gives up what waits for a person, and waits for what is being stored. */
  close(): Promise<void>
}

interface Server {
  readonly name: string
  readonly definition: RemoteServer
}

interface Wish {
  readonly account?: string | undefined
  /** Which of the providers that the server names; left out, the one where Warder is known or can register. */
  readonly issuer?: string | undefined
  /** In the browser where it is left out. */
  readonly method?: SignInMethod | undefined
  /** What a person wants beside the usual scopes. */
  readonly scopes?: readonly string[] | undefined
}

export interface SignInsOptions extends KeepOptions {
  readonly vault: () => SecretStore
  readonly browser: Browser
  readonly clients: Clients
  readonly stepUps: StepUps
  readonly attempts: Attempts
  readonly giveBack: GiveBack
  readonly fetch: (policy: UrlPolicy) => Fetch
  readonly documents: DocumentCache
  readonly settings: () => { readonly clientMetadataUrl?: string | undefined }
  readonly providers: () => Readonly<Record<string, ProviderProfile>>
  readonly randomBytes: (size: number) => Buffer
  /** Between two requests for the tokens of a sign-in by code. */
  readonly wait?: Wait | undefined
}

const VAULT_CHECK = 'sign-in-check'

/** Everything that one sign-in goes by, from discovery on. */
interface Flow extends Source {
  readonly id: string
  readonly enrolment: Enrolment
  readonly request: SignInRequest
}

export function createSignIns(options: SignInsOptions): SignIns {
  const { repository, clock, attempts } = options
  const keep = createKeep(options)
  const keyFor = createSignInKeys(options)
  const completing = new Set<Promise<unknown>>()

  async function connect(server: Server, wish: Wish): Promise<SignIn> {
    const attempt = attempts.begin(server.name)
    try {
      await tryVault(options.vault())
      return await start(await prepare(server, wish, attempt), wish, attempt)
    } catch (error) {
      attempt.end()
      throw error
    }
  }

  async function start(flow: Flow, wish: Wish, attempt: Attempt): Promise<SignIn> {
    try {
      const way = await begin(flow, wish)
      attempt.check()
      attempt.signal.addEventListener('abort', way.cancel, { once: true })
      const completed = complete(flow, way, attempt)
      completing.add(completed)
      // Whoever does not wait for the outcome is told by events; it is no unhandled rejection.
      const over = () => completing.delete(completed)
      completed.then(over, over)
      const { issuer, scopes } = flow.request
      const { id } = flow
      const { url, host } = way.page
      const { expiresAt, linkExpiresAt, device, answer } = way
      const cancel = attempt.giveUp
      const { otherIssuers, provider } = flow.discovered
      const deviceOffered = offersDeviceFlow(provider)
      const open = async () => openInBrowser(options.browser, await way.pageToOpen())
      const link = async () => {
        attempt.check()
        return way.freshPage()
      }
      return {
        ...{ flow: id, url, host, issuer, otherIssuers, scopes, expiresAt },
        ...{ linkExpiresAt, device, deviceOffered, open, link, answer, completed, cancel },
      }
    } catch (error) {
      flow.enrolment.release()
      throw error
    }
  }

  function begin({ server, party, request, enrolment, profile }: Flow, wish: Wish): Promise<Way> {
    const secret = (name: string, value: string) =>
      options.knownSecrets.add(`sign-in:${server.name} ${name}`, value)
    if (wish.method !== 'device')
      return beginInBrowser(party, request, enrolment.listener, clock, secret)
    const further = deviceParameters(profile, request.resource)
    return beginByCode(party, { ...request, further }, { clock, wait: options.wait, secret })
  }

  async function prepare(server: Server, wish: Wish, attempt: Attempt): Promise<Flow> {
    const { definition } = server
    const policy = urlPolicyOf(definition)
    const fetch = options.fetch(policy)
    const profile = profileOf(options.providers(), definition)
    const { method = 'browser' } = wish
    if (definition.oauth?.scopes !== undefined)
      refuseBeyond(server.name, definition.oauth.scopes, wish.scopes)
    const withoutRedirect = method === 'device'
    const discovered = await discover(
      fetch,
      policy,
      { ...profile, withoutRedirect },
      {
        read: options.documents.asked,
        choice: issuerChoice(repository, server.name, wish.issuer, options.settings()),
      },
    )
    const { provider, resource } = discovered
    if (method === 'device') requireDeviceFlow(provider)
    const usual = chooseScopes({
      configured: profile.scopes,
      resource: resource.scopes,
      provider: provider.scopes_supported ?? [],
      quirks: profile.quirks,
    })
    // What a person fixed in the definition is not widened by what a server says.
    const scopes =
      definition.oauth?.scopes === undefined
        ? options.stepUps.union(server.name, provider.issuer, usual, wish.scopes)
        : usual
    const dpop = keyFor(server.name, discovered, profile)
    attempt.check()
    attempt.takePlace()
    // So that the one that was given up just now has let go of its registration.
    await nextTurn()
    const wanted = { server: server.name, profile, provider, scopes, method, fetch, policy }
    const enrolment = await options.clients.enrol(wanted)
    const { listener, registration, clientSecret } = enrolment
    try {
      const { issuer } = provider
      const secret = await options.clients.secret(clientSecret, server.name, issuer)
      const { clientId, authMethod } = registration
      if (authMethod === 'private_key_jwt') checkClientKey(secret ?? '')
      const about = {
        issuer,
        redirectUri: listener.redirectUri,
        resource: resource.resource,
        scopes,
        further: profileParameters(profile, resource.resource),
      }
      return {
        id: options.randomId(),
        server,
        label: wish.account,
        profile,
        discovered,
        enrolment,
        party: {
          provider,
          clientId,
          authMethod,
          secret,
          fetch,
          policy,
          quirks: profile.quirks,
          dpop,
        },
        request: createSignInRequest(about, options.randomBytes),
      }
    } catch (error) {
      enrolment.release()
      throw error
    }
  }

  async function complete(flow: Flow, way: Way, attempt: Attempt): Promise<Connected> {
    const { request, server, party } = flow
    const { giveBack } = options
    const { signal } = attempt
    try {
      const tokens = await way.tokens()
      const unwanted = () => ({
        row: unwantedRow(flow, tokens, { id: options.randomId(), now: clock() }),
        sealed: seal(flow, tokens),
      })
      if (signal.aborted) {
        await giveBack.give(party, tokens, unwanted)
        throw notFinished()
      }
      options.stepUps.asked(server.name, request.scopes)
      return await giveBack.unlessKept(party, tokens, unwanted, () => keep(flow, tokens, signal))
    } finally {
      attempt.end()
      flow.enrolment.release()
    }
  }

  return {
    connect,
    async close() {
      attempts.abandon()
      await Promise.allSettled(completing)
    },
  }
}

/**
 * Says now, not after the browser, that nothing could be stored. Only a write tells: a locked keychain answers a read of
 * what is not there as an open one does. Where it can ask for its password, it does so here.
 */
export async function tryVault(vault: SecretStore): Promise<void> {
  await vault.set(VAULT_CHECK, 'x')
  await vault.delete(VAULT_CHECK)
}
