import { createHash } from 'node:crypto'
import { WarderError } from '../errors.ts'
import {
  isRemote,
  type LocalServer,
  parseReference,
  type Reference,
  type RemoteServer,
  type ServerDefinition,
} from '../store/config-schema.ts'
import { fileOf } from '../store/local-schema.ts'
import { pinLines } from '../store/pin-schema.ts'

/** A server as the rest of the house sees it: its name, its definition, and where credentials sent to it end up. */
export interface Server {
  readonly name: string
  readonly definition: ServerDefinition
}

/** One value that Warder gives to a server. */
export interface Injection {
  /** Header, parameter of the URL, environment variable, or what a placeholder among the arguments names. */
  readonly name: string
  readonly from: Reference
  readonly into: 'header' | 'query' | 'variable' | 'file' | 'argument'
}

/** What a server's definition asks Warder to inject, in the order it is written. */
export function injections(definition: ServerDefinition): readonly Injection[] {
  const known = read.get(definition)
  if (known !== undefined) return known
  const found = readInjections(definition)
  read.set(definition, found)
  return found
}

/** Asked at every call; a definition that was read is never changed, only replaced. */
const read = new WeakMap<ServerDefinition, readonly Injection[]>()

function readInjections(definition: ServerDefinition): Injection[] {
  const all = (values: Readonly<Record<string, string>> = {}, into: Injection['into']) =>
    Object.entries(values).flatMap(([name, value]) => {
      const from = parseReference(value)
      return from === null ? [] : [{ name, from, into }]
    })
  if (isRemote(definition))
    return [...all(definition.headers, 'header'), ...all(definition.query, 'query')]
  const { env, files = {}, arguments: given } = definition
  const paths = Object.entries(files).map(([name, file]) => [name, fileOf(file).from])
  return [
    ...all(env, 'variable'),
    ...all(Object.fromEntries(paths), 'file'),
    ...all(given, 'argument'),
    ...all(definition.http?.headers, 'header'),
  ]
}

/** Every vault secret that a definition refers to, each once. */
export function secretsOf(definition: ServerDefinition): string[] {
  const names = injections(definition).flatMap(({ from }) =>
    from.kind === 'secret' ? [from.name] : [],
  )
  const { clientSecret, privateKey } = isRemote(definition) ? (definition.oauth ?? {}) : {}
  for (const value of [clientSecret, privateKey]) {
    const reference = value === undefined ? null : parseReference(value)
    if (reference?.kind === 'secret') names.push(reference.name)
  }
  return [...new Set(names)]
}

/**
 * Where a secret that is given to this server ends up: the origin of a remote one, the hash of everything that decides
 * what a local one runs: command, arguments, environment, folder, and what they came to on this machine. A secret is bound to this text when it is entered; another text holds it back.
 */
export function destination(definition: ServerDefinition): string {
  if (isRemote(definition)) return `origin:${new URL(definition.url).origin}`
  const { command, args, env = {}, cwd = null, pin, files, arguments: given, http } = definition
  const written = [command, args, Object.entries(env).sort(), cwd]
  const more = {
    ...(pin && { pin: pinLines(pin, JSON.stringify) }),
    ...(files && {
      files: Object.entries(files)
        .map(([name, file]) => [name, fileOf(file)])
        .sort(),
    }),
    ...(given && { arguments: Object.entries(given).sort() }),
    ...(http && { http: [http.path, Object.entries(http.headers ?? {}).sort()] }),
  }
  const content = JSON.stringify(Object.keys(more).length > 0 ? [...written, more] : written)
  return `command:sha256:${createHash('sha256').update(content).digest('hex')}`
}

/**
 * A definition in plain lines for the person who is asked about it: complete and untruncated (SEP-1024). An answer counts
 * for these lines alone, so whatever differs between two definitions differs here.
 */
export function describe({ name, definition }: Server): string[] {
  return isRemote(definition) ? describeRemote(name, definition) : describeLocal(name, definition)
}

function describeRemote(name: string, definition: RemoteServer): string[] {
  const { oauth = {} } = definition
  const { clientId, clientSecret, privateKey, issuer, exchange, redirectUri, scopes } = oauth
  return [
    `${name} is the remote server ${quote(definition.url)}`,
    {
      oauth:
        exchange === undefined
          ? 'gets the token of the account that you sign in with'
          : `gets a token that its provider gives in exchange for the one of ${exchange.from}`,
      service: 'gets a token of Warder itself: nobody signs in, or is asked for what it may do',
      header: 'needs no sign-in: what Warder sends with each request lets it in',
      public: 'needs no sign-in',
    }[definition.auth],
    ...(definition.account === undefined
      ? []
      : [`clients without a choice use the account ${quote(definition.account)}`]),
    ...networkLines(definition),
    ...plainValues(definition.headers).map(([header, value]) => `gets ${header}: ${quote(value)}`),
    ...injected(definition),
    ...(definition.provider === undefined
      ? []
      : [`its provider is met as the profile ${definition.provider} says`]),
    ...(issuer === undefined ? [] : [`its provider is ${quote(issuer)}, and no other`]),
    ...(clientId === undefined ? [] : [`its provider knows Warder as ${quote(clientId)}`]),
    ...(clientSecret === undefined
      ? []
      : [`its provider gets the secret ${clientSecret.slice('secret:'.length)}`]),
    ...(oauth.tokenEndpointAuthMethod === undefined
      ? []
      : [`the secret is sent by ${oauth.tokenEndpointAuthMethod}`]),
    ...(privateKey === undefined
      ? []
      : [`its provider is shown signatures with the key ${privateKey.slice('secret:'.length)}`]),
    ...(redirectUri === undefined ? [] : [`its provider answers at ${quote(redirectUri)}`]),
    ...(scopes === undefined ? [] : [`its provider is asked for ${quoteAll(scopes)}`]),
  ]
}

function networkLines({ allowPrivateNetwork, allowedNetworks = [] }: RemoteServer): string[] {
  const listed = allowedNetworks.map(quote).join(', ')
  return [
    ...(allowPrivateNetwork ? ['may be reached in any private network'] : []),
    ...(listed === '' ? [] : [`may be reached in the networks ${listed}`]),
  ]
}

function describeLocal(name: string, definition: LocalServer): string[] {
  return [
    `${name} runs this program on this machine, with your rights:`,
    `  ${quoteAll([definition.command, ...definition.args])}`,
    ...(definition.pin ? pinLines(definition.pin, quote) : []),
    ...(definition.http
      ? [`and speaks to it over HTTP on this machine, at ${quote(definition.http.path)}`]
      : []),
    ...plainValues(definition.http?.headers).map(
      ([header, value]) => `gets ${header}: ${quote(value)}`,
    ),
    ...(definition.cwd ? [`in the folder ${quote(definition.cwd)}`] : []),
    ...plainValues(definition.env).map(([variable, value]) => `with ${variable}=${quote(value)}`),
    ...injected(definition),
    ...limitLines(definition.limits ?? {}),
    ...(definition.instance === 'shared'
      ? [
          'as one process for all clients with the same accounts: what one does there, others may see',
        ]
      : []),
    ...(definition.onRenewal === 'refeed'
      ? ['gets a renewed token in the same file, without a new start']
      : []),
  ]
}

function limitLines({ memoryMiB, processes, openFiles }: NonNullable<LocalServer['limits']>) {
  const may = [
    ...(memoryMiB === undefined ? [] : [`${memoryMiB} MiB of memory`]),
    ...(processes === undefined ? [] : [`${processes} processes`]),
    ...(openFiles === undefined ? [] : [`${openFiles} open files in each process`]),
  ]
  return may.length === 0 ? [] : [`may use ${may.join(', ')}, with all that it starts`]
}

const plainValues = (values: Readonly<Record<string, string>> = {}) =>
  Object.entries(values).filter(([, value]) => parseReference(value) === null)

const injected = (definition: ServerDefinition) =>
  injections(definition).map(({ name, from, into }) => {
    const what =
      from.kind === 'secret' ? `the secret ${from.name}` : `the live token of ${from.server}`
    switch (into) {
      case 'file':
        return `gets ${what} in a file whose path is in ${name}${
          !isRemote(definition) && fileOf(definition.files?.[name] ?? '').once
            ? ', readable one time'
            : ''
        }`
      case 'query':
        return `gets ${what} as the parameter ${name} of its URL`
      case 'argument':
        return `gets ${what} as an argument, {argument:${name}}: OTHER USERS OF THIS MACHINE CAN SEE IT while it runs`
      default:
        return `gets ${what} as ${name}`
    }
  })

export const quoteAll = (words: readonly string[]) => words.map(quote).join(' ')

/** Quotes what is not a plain word, so that a space, a line break or a character nobody sees cannot hide. */
export function quote(word: string): string {
  return /^[\w@%+=:,./?&#~-]+$/.test(word) ? word : JSON.stringify(word).replace(UNSEEN, escaped)
}

/** Controls, marks of direction, blanks that are not the blank, what fonts draw as nothing, unassigned and private. */
const UNSEEN = /(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu

const escaped = (character: string) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`

/** @throws WarderError `server.unknown` naming the servers there are */
export function pick(servers: Readonly<Record<string, ServerDefinition>>, name: string): Server {
  const definition = Object.hasOwn(servers, name) ? servers[name] : undefined
  if (definition !== undefined) return { name, definition }
  const known = Object.keys(servers).sort().join(', ')
  throw new WarderError(
    'server.unknown',
    `There is no server ${name}. ${known ? `There are: ${known}.` : 'There is none yet.'}`,
  )
}

/** True where Warder needs a grant of its own for the server. */
export const signsIn = (definition: ServerDefinition): definition is RemoteServer =>
  isRemote(definition) && (definition.auth === 'oauth' || definition.auth === 'service')

/** True where that grant comes about without a person. */
export const needsNobody = ({ auth, oauth }: RemoteServer): boolean =>
  auth === 'service' || oauth?.exchange !== undefined

/** Of which kind a grant has to be for the server to get its token. */
export function grantKind(definition: RemoteServer): 'person' | 'service' | 'exchange' {
  if (definition.auth === 'service') return 'service'
  return definition.oauth?.exchange === undefined ? 'person' : 'exchange'
}
