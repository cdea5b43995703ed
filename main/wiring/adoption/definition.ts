import { REFERENCE_IN } from '../../detector/values.ts'
import { parseReference } from '../../store/references.ts'
import { judgeAlone, judgeNamed } from '../doctor/clear-values.ts'
import type { ConfiguredServer } from '../types.ts'
import { withoutCredentials } from './clear-url.ts'
import { placeholders } from './placeholders.ts'
import { secretName } from './secret-name.ts'
import { isObstacle, type Obstacle, obstacle } from './staying.ts'

export { isObstacle, type Obstacle } from './staying.ts'

/** A server of another program in the form of config.json, with its credentials taken out of it. */
export interface Incoming {
  /** As config.json has names. */
  readonly name: string
  readonly definition: Readonly<Record<string, unknown>>
  readonly secrets: readonly IncomingSecret[]
}

export interface IncomingSecret {
  readonly name: string
  /** Null where only the person, or a variable of theirs, has it. */
  readonly value: string | null
  /** What stands before and behind what the person has: `Bearer `. */
  readonly around: readonly [before: string, after: string]
  /** The environment variable that the client would have taken it from; null where none is named. */
  readonly variable: string | null
  /** What it is for, for the person who is asked for it. */
  readonly title: string
}

/**
 * Every value that is, or stands for, a credential becomes a reference into the vault; the rest stays as it is written.
 *
 * @param name of the server and, with what it is for behind it, of its secrets
 */
export function incomingServer(
  server: ConfiguredServer,
  name: string,
  options: {
    /** Names of secrets that others have. */
    readonly taken?: ReadonlySet<string>
    /** True of a value that is a credential for a reason that neither it nor its name tells. */
    readonly isSecret?: (value: string) => boolean
  } = {},
): Incoming | Obstacle {
  const { taken = new Set(), isSecret = () => false } = options
  const secrets = new Map<string, IncomingSecret>()
  const isTaken = { has: (secret: string) => secrets.has(secret) || taken.has(secret) }
  const judge: Judge = {
    named: (slot, value) => isSecret(value) || isCredential(slot, value) || isSecretUrl(value),
    alone: (value) => isSecret(value) || judgeAlone(value) !== null,
    take(slot, value) {
      const secret = secretName(name, slot, isTaken)
      secrets.set(secret, { name: secret, title: slot, ...givenOr(value) })
      return `secret:${secret}`
    },
  }
  const made =
    server.command === null ? remote(server, judge) : local(server, server.command, judge)
  if (isObstacle(made)) return made
  if (Object.values(made).some(holdsReference)) return obstacle('stays.reference_unknown')
  if (namesOthers(made, secrets)) return obstacle('stays.names_vault')
  const all = [...secrets.values()]
  if (all.some(({ value }) => value !== null && /[\0\r\n]/.test(value)))
    return obstacle('stays.several_lines')
  return { name, definition: made, secrets: all }
}

/**
 * Whether a definition that somebody else wrote refers to what lies in the vault already: where a value is handed on as it
 * stands, `secret:NAME` and `grant:SERVER` would be given what was never theirs.
 */
export function namesOthers(made: unknown, own: { has(name: string): boolean }): boolean {
  if (typeof made === 'string') {
    const reference = parseReference(made)
    return reference !== null && !(reference.kind === 'secret' && own.has(reference.name))
  }
  return (
    typeof made === 'object' &&
    made !== null &&
    Object.values(made).some((one) => namesOthers(one, own))
  )
}

/** What is a credential, and where it goes. */
interface Judge {
  named(name: string, value: string): boolean
  alone(value: string): boolean
  /** @returns a reference */
  take(slot: string, value: string): string
}

type Definition = Readonly<Record<string, unknown>>

function local(server: ConfiguredServer, command: string, judge: Judge): Definition | Obstacle {
  const bridged = behindBridge(server)
  if (bridged !== null) return remote(bridged, judge)
  const { args, values } = argumentsOf(server.args, judge)
  const cwd = memberOf(server.raw, 'cwd')
  if (memberOf(server.raw, 'envFile') !== null) return obstacle('stays.env_file')
  // What runs, and where, is no place for a reference.
  if (judge.alone(command) || (cwd !== null && judge.alone(cwd)))
    return obstacle('stays.still_clear')
  const env = referred(server.env, judge)
  return {
    command,
    args,
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(Object.keys(values).length === 0 ? {} : { arguments: values }),
    ...(cwd === null ? {} : { cwd }),
  }
}

function remote(server: ConfiguredServer, judge: Judge): Definition | Obstacle {
  const { url, transport } = server
  if (url === null) return obstacle('stays.no_way_in')
  if (transport === 'sse') return obstacle('stays.older_transport')
  const bearer = memberOf(server.raw, 'bearer_token')
  const written = {
    ...server.headers,
    ...(bearer === null ? {} : { Authorization: `Bearer ${bearer}` }),
  }
  const apart = withoutCredentials(url, written, judge)
  if (isObstacle(apart)) return apart
  const fromUrl = Object.entries(apart.headers).map(([name, value]) => [
    name,
    judge.take(name, value),
  ])
  const headers: Record<string, string> = {
    ...referred(written, judge),
    ...Object.fromEntries(fromUrl),
  }
  const query = Object.fromEntries(
    Object.entries(apart.query).map(([name, value]) => [name, judge.take(name, value)]),
  )
  const given: string[] = [...Object.values(headers), ...Object.values(query)]
  return {
    url: apart.url,
    auth: given.some((value) => value.startsWith('secret:')) ? 'header' : 'oauth',
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(Object.keys(query).length === 0 ? {} : { query }),
  }
}

const referred = (values: Readonly<Record<string, string>>, judge: Judge) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      judge.named(name, value) ? judge.take(name, value) : value,
    ]),
  )

/** `npx mcp-remote URL --header "Name: value"` is what people write for a server that Warder reaches by itself. */
function behindBridge(server: ConfiguredServer): ConfiguredServer | null {
  const { args, env } = server
  const at = args.findIndex((word) => /^mcp-remote(?:@|$)/.test(word))
  const url = at === -1 ? undefined : args.slice(at + 1).find((word) => /^https?:\/\//.test(word))
  if (url === undefined) return null
  const headers = args.flatMap((word, index) => {
    const text = word === '--header' ? args[index + 1] : /^--header=(.*)$/s.exec(word)?.[1]
    const [, name, value] = /^([\w-]+):\s*(.*)$/s.exec(text ?? '') ?? []
    return name === undefined ? [] : [[name, inVariables(value ?? '', env)] as const]
  })
  return {
    ...server,
    transport: 'http',
    command: null,
    args: [],
    env: {},
    url,
    headers: Object.fromEntries(headers),
    raw: {},
  }
}

/** mcp-remote replaces `${NAME}` by what its own environment has. */
const inVariables = (value: string, env: Readonly<Record<string, string>>) =>
  value.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(env, name) ? (env[name] ?? whole) : whole,
  )

/** A value in the clear, or something in its place under a name that says what it stands for. */
function isCredential(name: string, value: string): boolean {
  if (judgeNamed(name, value) !== null) return true
  return (holdsReference(value) || isBlank(value)) && judgeNamed(name, SAMPLE) !== null
}

const SAMPLE = 'q7Rz2LmW9xKb4Vt8Yc3N'

/** How pages of instructions write it. */
const isBlank = (value: string) =>
  value === '' || /^<[^<>]*>$|^\[[^[\]]*\]$|x{4}|\*{3}|\.{3}|(?:^|[^a-z])your[-_ ]/i.test(value)

const holdsReference = (value: unknown): boolean =>
  typeof value === 'string'
    ? REFERENCE_IN.test(value)
    : Array.isArray(value)
      ? value.some(holdsReference)
      : typeof value === 'object' && value !== null && Object.values(value).some(holdsReference)

function givenOr(value: string): Pick<IncomingSecret, 'value' | 'around' | 'variable'> {
  const found = ONE_REFERENCE.exec(value)
  if (found !== null) {
    const [reference, braced, fallback = '', plain, windows] = found
    const around = [
      value.slice(0, found.index),
      value.slice(found.index + reference.length),
    ] as const
    const isGiven = fallback !== '' && !isBlank(fallback)
    return {
      value: isGiven ? around.join(fallback) : null,
      around,
      variable: braced ?? plain ?? windows ?? null,
    }
  }
  const scheme = /^(?:Bearer|Basic|Token)\s+/i.exec(value)?.[0] ?? ''
  const blank = isBlank(value.slice(scheme.length))
  return { value: blank ? null : value, around: [scheme, ''], variable: null }
}

/** `${input:ID}` names no variable of the environment. */
const ONE_REFERENCE =
  /\$\{(?:env:|input:[^{}]{0,128})?([A-Za-z_]\w*)?(?::?[-=]([^{}]*))?\}|\$([A-Za-z_]\w*)|%([A-Za-z_]\w*)%|\{\{[^{}]*\}\}/

function argumentsOf(words: readonly string[], judge: Judge) {
  const args = [...words]
  const given = placeholders()
  const place = (slot: string, value: string) => given.place(slot, judge.take(slot, value))
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    const [, flag = '', joined] = /^--?([A-Za-z][\w.-]*)(?:=(.*))?$/s.exec(word) ?? []
    const next = words[index + 1]
    const value = joined ?? (next === undefined || next.startsWith('-') ? undefined : next)
    const at = joined === undefined ? index + 1 : index
    const before = joined === undefined ? '' : word.slice(0, word.length - joined.length)
    if (flag !== '' && value !== undefined) {
      if (joined === undefined) index++
      const [, name, sign = '', inner] = /^([A-Za-z_][\w-]*)(=|:\s*)(.*)$/s.exec(value) ?? []
      if (name !== undefined && inner !== undefined && judge.named(name, inner))
        args[at] = `${before}${name}${sign}${place(name, inner)}`
      else if (judge.named(flag, value) || isSecretUrl(value))
        args[at] = before + place(flag, value)
    } else if (flag === '') {
      const [, name, inner] = /^([A-Za-z_]\w*)=(.*)$/s.exec(word) ?? []
      if (name !== undefined && inner !== undefined && judge.named(name, inner))
        args[index] = `${name}=${place(name, inner)}`
      else if (isSecretUrl(word) || judge.alone(word))
        args[index] = place(`argument-${index + 1}`, word)
    }
  }
  return { args, values: given.values }
}

function isSecretUrl(text: string): boolean {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? URL.parse(text) : null
  if (url === null) return false
  return (
    url.password !== '' ||
    judgeAlone(text) !== null ||
    [...url.searchParams].some(([name, value]) => judgeNamed(name, value) !== null) ||
    url.pathname.split('/').some((segment) => segment !== '' && judgeAlone(segment) !== null)
  )
}

function memberOf(raw: unknown, name: string): string | null {
  const value =
    typeof raw === 'object' && raw !== null && name in raw ? (raw as Definition)[name] : null
  return typeof value === 'string' && value !== '' ? value : null
}
