import { createHash } from 'node:crypto'
import { WarderError } from '../errors.ts'
import {
  isRemote,
  parseReference,
  type Reference,
  type ServerDefinition,
} from '../store/config-schema.ts'

/** A server as the rest of the house sees it: its name, its definition, and where credentials sent to it end up. */
export interface Server {
  readonly name: string
  readonly definition: ServerDefinition
}

/** One value that Warder puts into a header or an environment variable of a server. */
export interface Injection {
  /** Header or environment variable. */
  readonly name: string
  readonly from: Reference
}

/** What a server's definition asks Warder to inject, in the order it is written. */
export function injections(definition: ServerDefinition): Injection[] {
  const values = isRemote(definition) ? definition.headers : definition.env
  return Object.entries(values ?? {}).flatMap(([name, value]) => {
    const from = parseReference(value)
    return from === null ? [] : [{ name, from }]
  })
}

/** Every vault secret that a definition refers to, each once. */
export function secretsOf(definition: ServerDefinition): string[] {
  const names = injections(definition).flatMap(({ from }) =>
    from.kind === 'secret' ? [from.name] : [],
  )
  if (isRemote(definition) && definition.oauth?.clientSecret) {
    const reference = parseReference(definition.oauth.clientSecret)
    if (reference?.kind === 'secret') names.push(reference.name)
  }
  return [...new Set(names)]
}

/**
 * Where a secret that is given to this server ends up: the origin of a remote one, the hash of everything that decides
 * what a local one runs. A secret is bound to this text when it is entered; another text holds it back.
 */
export function destination(definition: ServerDefinition): string {
  if (isRemote(definition)) return `origin:${new URL(definition.url).origin}`
  const { command, args, env = {}, cwd = null } = definition
  const content = JSON.stringify([command, args, Object.entries(env).sort(), cwd])
  return `command:sha256:${createHash('sha256').update(content).digest('hex')}`
}

/** A definition in plain lines, complete and untruncated, for the person who is asked about it (SEP-1024). */
export function describe({ name, definition }: Server): string[] {
  const injected = injections(definition).map(({ name: slot, from }) =>
    from.kind === 'secret'
      ? `gets the secret ${from.name} as ${slot}`
      : `gets the live token of ${from.server} as ${slot}`,
  )
  if (isRemote(definition))
    return [
      `${name} is the remote server ${definition.url}`,
      ...(definition.allowPrivateNetwork ? ['may lie in a private network'] : []),
      ...injected,
    ]
  const plain = Object.entries(definition.env ?? {}).filter(
    ([, value]) => parseReference(value) === null,
  )
  return [
    `${name} runs this program on this machine, with your rights:`,
    `  ${[definition.command, ...definition.args].map(quote).join(' ')}`,
    ...(definition.cwd ? [`in the folder ${quote(definition.cwd)}`] : []),
    ...plain.map(([variable, value]) => `with ${variable}=${quote(value)}`),
    ...injected,
  ]
}

/** Quotes what is not a plain word, so that a space, a line break or a control character cannot hide. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : JSON.stringify(word).replace(
        /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
        escapeCharacter,
      )
}

const escapeCharacter = (character: string) =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

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
