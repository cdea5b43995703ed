import type { ImportView, ShreddedView } from '../../preload/contract/index.ts'
import { toWarderError, WarderError } from '../errors.ts'
import type { Allow } from '../oauth/foreign-grant.ts'
import { evidenceFor, type ForeignServer } from '../oauth/foreign-origin.ts'
import { isRemote, remoteServerSchema } from '../store/config-schema.ts'
import { isLive } from '../wiring/token-caches/open.ts'
import { shred } from '../wiring/token-caches/shred.ts'
import type { CachedGrant } from '../wiring/token-caches/types.ts'
import { accountInUse } from './account-view.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import { knownServer } from './known-server.ts'
import { receiptViews } from './seals.ts'
import type { Handlers } from './types.ts'
import { accountName, instantView } from './views.ts'

type ImportChannel = 'imports:list' | 'imports:adopt' | 'imports:revoke' | 'imports:shred'

export function importHandlers(house: ControlHouse): Handlers<ImportChannel> {
  const { grants, tokenCaches, presence } = house
  return {
    async 'imports:list'() {
      return tokenCaches.list().map((cached) => importView(cached, house))
    },
    async 'imports:adopt'({ id, server: name, account, shred: wanted, confirm: answer }) {
      house.stop.refuse()
      const cached = tokenCaches.find(id)
      const server = namedServer(cached, name, house)
      const title = `Adopt for ${name} what ${cached.program} keeps`
      const { rotated, ...grant } = await grants.adopt(server, cached, {
        account,
        async allow(to) {
          const lines = adoptionLines(cached, server, to)
          await confirm(presence, { kind: 'import.adopt', title, lines }, answer)
          // A person may take long to answer.
          house.stop.refuse()
        },
      })
      return {
        account: accountInUse(house, grant),
        rotated,
        shredded: wanted ? shredded(cached) : null,
      }
    },
    async 'imports:revoke'({ id, server: name, shred: wanted, confirm: answer }) {
      const cached = tokenCaches.find(id)
      const server = name === undefined ? serverOf(cached, house) : namedServer(cached, name, house)
      const title = `Revoke what ${cached.program} keeps for ${server.name}`
      const receipt = await grants.revokeForeign(server, cached, ({ issuer }) => {
        const lines = [`${cached.file} holds it`, unprovenLine(server, issuer)]
        return confirm(presence, { kind: 'import.revoke', title, lines }, answer)
      })
      const receipts = [receipt]
      return {
        receipts: await receiptViews(house.records, receipts),
        shredded: wanted ? shredded(cached) : null,
      }
    },
    async 'imports:shred'({ id }) {
      const cached = tokenCaches.find(id)
      shred(cached)
      return { files: filesOf(cached), problem: null }
    },
  }
}

/** How many tokens in plain files could be used still, beside those that a grant of ours came of. */
export function liveImports({ tokenCaches, grants }: ControlHouse): number {
  const now = Date.now()
  return tokenCaches.list().filter((one) => isLive(one, now) && grants.adoptedAs(one) === null)
    .length
}

/** All that would be allowed, for the person who is asked: nothing of the file was sent anywhere yet. */
function adoptionLines(
  cached: CachedGrant,
  server: ForeignServer,
  { issuer, borneOut }: Parameters<Allow>[0],
): string[] {
  const { program, file, refreshToken } = cached
  const { name, definition } = server
  const evidence = evidenceFor(cached, server)
  return [
    `${file} holds it`,
    `${name} (${definition.url}) gets it with every call that you allow`,
    ...(evidence === 'server'
      ? []
      : [
          `The file does not say that it is of ${name}: only that it comes from the same provider. Go on only if you know that it is.`,
        ]),
    borneOut ? `${issuer} issued it, and is asked to renew it` : unprovenLine(server, issuer),
    refreshToken === null
      ? `${program} keeps no refresh token, so it lasts until it expires`
      : `${program} is signed out by that, where the provider replaces refresh tokens`,
  ]
}

/** A server that was taken over names a provider of its own: the person knows where they signed in. */
const unprovenLine = ({ name }: ForeignServer, issuer: string) =>
  `The file does not say who issued it: ${hostOf(issuer)} (${issuer}), which ${name} names today, gets its tokens and client secret. Go on only if that is where you signed in.`

const hostOf = (url: string) => URL.parse(url)?.host ?? url

function oauthServer({ config }: ControlHouse, name: string): ForeignServer {
  const { definition } = knownServer(config, name)
  if (isRemote(definition) && definition.auth === 'oauth') return { name, definition }
  throw new WarderError('usage.invalid', `${name} is not a server that people sign in to.`)
}

/** @throws WarderError `import.other_server` where the file is of another server of ours for sure */
function namedServer(cached: CachedGrant, name: string, house: ControlHouse): ForeignServer {
  const server = oauthServer(house, name)
  if (evidenceFor(cached, server) === 'server') return server
  const other = knownServerOf(cached, house)
  if (other === null) return server
  throw new WarderError(
    'import.other_server',
    `What ${cached.program} keeps there is of ${other}, and not of ${name}. It was sent nowhere.`,
  )
}

/** The server that the file says it is of, as Warder knows it, or as the file spells it. */
function serverOf(cached: CachedGrant, house: ControlHouse): ForeignServer {
  const known = knownServerOf(cached, house)
  if (known !== null) return oauthServer(house, known)
  const url = cached.serverUrl === null ? null : URL.parse(cached.serverUrl)
  const definition = remoteServerSchema.safeParse({ url: url?.href })
  if (url !== null && definition.success) return { name: url.host, definition: definition.data }
  throw new WarderError(
    'import.server_needed',
    `What ${cached.program} keeps there does not say which server it is of.`,
  )
}

/** The name of a server of ours that the file is of for sure. */
function knownServerOf(cached: CachedGrant, { config }: ControlHouse): string | null {
  const found = Object.entries(config.current().servers).find(([name, definition]) => {
    if (!isRemote(definition) || definition.auth !== 'oauth') return false
    try {
      return evidenceFor(cached, { name, definition }) === 'server'
    } catch {
      return false
    }
  })
  return found?.[0] ?? null
}

function importView(cached: CachedGrant, house: ControlHouse): ImportView {
  const { id, program, file, serverName, serverUrl, issuer, scopes, writtenAt, expiresAt } = cached
  const adopted = house.grants.adoptedAs(cached)
  return {
    id,
    program,
    file,
    server: knownServerOf(cached, house),
    serverName,
    serverUrl,
    issuer,
    scopes: [...scopes],
    renewable: cached.refreshToken !== null,
    live: isLive(cached, Date.now()),
    readableByOthers: cached.readableByOthers,
    writtenAt: instantView(writtenAt),
    expiresAt: expiresAt === null ? null : instantView(expiresAt),
    adoptedAs: adopted === null ? null : accountName(adopted),
  }
}

/** What was adopted or revoked stays so when its file cannot be shredded: that is told, and not thrown. */
function shredded(cached: CachedGrant): ShreddedView {
  try {
    shred(cached)
    return { files: filesOf(cached), problem: null }
  } catch (error) {
    return { files: [], problem: toWarderError(error).message }
  }
}

const filesOf = ({ file, companions }: CachedGrant) => [file, ...companions]
