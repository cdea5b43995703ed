import type { ReceiptView } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import type { Grant, SignIn } from '../oauth/types.ts'
import { needsNobody, signsIn } from '../servers/servers.ts'
import { isRemote, type RemoteServer } from '../store/config-schema.ts'
import { choiceHandlers } from './account-choices.ts'
import { accountInUse } from './account-view.ts'
import { removeClient } from './clients.ts'
import type { ControlHouse } from './house.ts'
import { knownServer } from './known-server.ts'
import { receiptViews } from './seals.ts'
import type { Handlers } from './types.ts'
import { accountName, instantView, signInView, whyView } from './views.ts'

type AccountChannel =
  | 'accounts:list'
  | 'accounts:connect'
  | 'accounts:open'
  | 'accounts:link'
  | 'accounts:answer'
  | 'accounts:connected'
  | 'accounts:name'
  | 'accounts:use'
  | 'accounts:cancel'
  | 'accounts:revoke'
  | 'accounts:why'
  | 'accounts:uses'
  | 'receipts:list'
  | 'receipts:export'

export function accountHandlers(house: ControlHouse): Handlers<AccountChannel> {
  const { config, grants, records, audit } = house
  const flows = new Map<string, SignIn>()
  /** Connected without a person, until whoever asked has seen it. */
  const done = new Map<string, Grant>()
  /** Sign-ins whose account a person has named since. */
  const namedSince = new Set<string>()

  const viewed = (grant: Grant) => accountInUse(house, grant)

  function flow(id: string): SignIn {
    const found = flows.get(id)
    if (found !== undefined) return found
    throw new WarderError('oauth.sign_in_abandoned', 'There is no such sign-in any more.')
  }

  /** Connected when this is answered, so there is no page, and nothing to wait for or to cancel. */
  async function obtained(
    server: { name: string; definition: RemoteServer },
    wish: { account?: string | undefined; issuer?: string | undefined },
  ) {
    const grant = await grants.obtain(server, wish)
    done.set(grant.id, grant)
    const { id, issuer, scopes } = grant
    const expiresAt = instantView(Date.now())
    return {
      flow: id,
      url: null,
      host: new URL(issuer).host,
      issuer,
      otherIssuers: [],
      scopes: [...scopes],
      expiresAt,
      linkExpiresAt: null,
      device: null,
      deviceOffered: false,
    }
  }

  return {
    async 'accounts:list'() {
      return grants.list().map(viewed)
    },
    async 'accounts:connect'({ server: name, account, issuer, method, scopes }) {
      house.stop.refuse()
      const { definition } = knownServer(config, name)
      if (!isRemote(definition) || !signsIn(definition))
        throw new WarderError('usage.invalid', `${name} is not a server that anybody signs in to.`)
      if (needsNobody(definition)) {
        if (scopes !== undefined) throw nobodyToAsk(name)
        return obtained({ name, definition }, { account, issuer })
      }
      const signIn = await grants.connect({ name, definition }, { account, issuer, method, scopes })
      flows.set(signIn.flow, signIn)
      // Whoever asks within the hour still learns how it ended.
      const forget = () => setTimeout(() => flows.delete(signIn.flow), 3_600_000).unref()
      signIn.completed.then(forget, forget)
      return signInView(signIn)
    },
    async 'accounts:open'({ flow: id }) {
      await flow(id).open()
      return {}
    },
    async 'accounts:link'({ flow: id }) {
      const { url, expiresAt } = await flow(id).link()
      return { url, linkExpiresAt: expiresAt === null ? null : instantView(expiresAt) }
    },
    async 'accounts:answer'({ flow: id, url }) {
      house.stop.refuse()
      flow(id).answer(url)
      return {}
    },
    async 'accounts:connected'({ flow: id }) {
      const grant = done.get(id)
      if (grant !== undefined) {
        done.delete(id)
        return { ...viewed(grant), named: 'provider', insteadOf: null }
      }
      const connected = await flow(id).completed
      const { named, insteadOf } = connected
      return { ...viewed(connected), named: namedSince.has(id) ? 'person' : named, insteadOf }
    },
    async 'accounts:name'({ flow: id, name }) {
      const connected = await flow(id).completed
      // Once, and by whoever signed in: a name that could be changed later could be given to what was chosen by it.
      if (connected.named !== 'nobody' || namedSince.has(id))
        throw new WarderError('usage.invalid', `${accountName(connected)} has its name already.`)
      const renamed = grants.rename(connected.id, name)
      namedSince.add(id)
      return viewed(renamed)
    },
    ...choiceHandlers(house),
    async 'accounts:cancel'({ flow: id }) {
      if (done.delete(id)) return {}
      flow(id).cancel()
      return {}
    },
    async 'accounts:revoke'(what) {
      if ('account' in what) {
        const { id } = grants.find(what.account)
        return revokeAll(house, (grant) => grant.id === id, 'asked for by the user')
      }
      if ('server' in what) {
        knownServer(config, what.server)
        return revokeAll(
          house,
          (grant) => grant.server === what.server,
          `everything of ${what.server} was revoked`,
        )
      }
      await removeClient(house, what.client)
      return []
    },
    async 'accounts:why'({ account, limit }) {
      return whyView(grants.history(account, limit), Date.now())
    },
    async 'accounts:uses'({ account }) {
      const grant = grants.find(account)
      const { server, since } = grant
      const { clients, whole } = audit.uses({ server, account: accountName(grant), since })
      const view = clients.map(({ lastAt, ...use }) => ({ ...use, lastAt: instantView(lastAt) }))
      return { clients: view, whole }
    },
    async 'receipts:list'() {
      return receiptViews(records, grants.receipts())
    },
    async 'receipts:export'() {
      await records.settle()
      return {
        format: 'warder.records',
        version: 1,
        exportedAt: instantView(Date.now()),
        keys: { ...records.keys() },
        records: ['receipt', 'stop'].flatMap((kind) =>
          records.list(kind).map(({ document, signature, key }) => ({
            document: JSON.parse(document) as Record<string, unknown>,
            signature,
            key,
          })),
        ),
      }
    },
  }
}

const nobodyToAsk = (server: string) =>
  new WarderError(
    'usage.invalid',
    `Nobody signs in at ${server}, so nobody can be asked for more: write the scopes into its definition.`,
  )

/** Revokes side by side: the local part of each is done before the first provider was asked. */
export async function revokeAll(
  { grants, records }: Pick<ControlHouse, 'grants' | 'records'>,
  matches: (grant: Grant) => boolean,
  reason: string,
): Promise<ReceiptView[]> {
  // One whose provider has not answered yet is tried again now.
  const chosen = grants.list().filter(matches)
  const receipts = await Promise.all(chosen.map((grant) => grants.revoke(grant.id, reason)))
  return receiptViews(records, receipts)
}
