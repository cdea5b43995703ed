import { REFERENCE_IN } from '../../detector/values.ts'
import { parseReference } from '../../store/references.ts'
import { judgeAlone, judgeNamed } from '../doctor/clear-values.ts'
import type { ConfiguredServer } from '../types.ts'
import { secretName } from './secret-name.ts'

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

/** Why a server cannot be taken over as it is, in a sentence that quotes no value. */
export interface Obstacle {
  readonly problem: string
}

export const isObstacle = (made: Incoming | Obstacle): made is Obstacle => 'problem' in made

/**
 * Every value that is, or stands for, a credential becomes a reference into the vault; the rest stays as it is written.
 *
 * @param name of the server and, with what it is for behind it, of its secrets
 * @param taken names of secrets that others have
 */
export function incomingServer(
  server: ConfiguredServer,
  name: string,
  taken: ReadonlySet<string> = new Set(),
): Incoming | Obstacle {
  const secrets = new Map<string, IncomingSecret>()
  const isTaken = { has: (secret: string) => secrets.has(secret) || taken.has(secret) }
  const take = (slot: string, value: string): string => {
    const secret = secretName(name, slot, isTaken)
    secrets.set(secret, { name: secret, title: slot, ...givenOr(value) })
    return `secret:${secret}`
  }
  const made = server.command === null ? remote(server, take) : local(server, server.command, take)
  if (typeof made === 'string') return { problem: made }
  if (Object.values(made).some(holdsReference))
    return { problem: 'It refers to variables that only its client knows.' }
  if (namesOthers(made, secrets))
    return { problem: 'It names a secret or an account of Warder, which only config.json may.' }
  return { name, definition: made, secrets: [...secrets.values()] }
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

type Take = (slot: string, value: string) => string
type Definition = Readonly<Record<string, unknown>>

function local(server: ConfiguredServer, command: string, take: Take): Definition | string {
  const bridged = behindBridge(server)
  if (bridged !== null) return remote(bridged, take)
  const env = Object.entries(server.env).map(([name, value]) => [
    name,
    isCredential(name, value) ? take(name, value) : value,
  ])
  const { args, values } = argumentsOf(server.args, take)
  const cwd = memberOf(server.raw, 'cwd')
  if (memberOf(server.raw, 'envFile') !== null)
    return 'Its variables are in a file of their own (envFile).'
  return {
    command,
    args,
    ...(env.length === 0 ? {} : { env: Object.fromEntries(env) }),
    ...(Object.keys(values).length === 0 ? {} : { arguments: values }),
    ...(cwd === null ? {} : { cwd }),
  }
}

function remote(server: ConfiguredServer, take: Take): Definition | string {
  const { url, headers, transport } = server
  if (url === null) return 'It has neither a command nor a URL.'
  if (transport === 'sse') return 'It speaks the older HTTP+SSE, which Warder does not.'
  if (isSecretUrl(url))
    return 'Its URL holds a credential, and Warder puts none into URLs: use a header.'
  const bearer = memberOf(server.raw, 'bearer_token')
  const all = {
    ...headers,
    ...(bearer === null ? {} : { Authorization: `Bearer ${bearer}` }),
  }
  const entries = Object.entries(all).map(([name, value]) => [
    name,
    isCredential(name, value) ? take(name, value) : value,
  ])
  const signsIn = entries.every(([, value]) => !value?.startsWith('secret:'))
  return {
    url,
    auth: signsIn ? 'oauth' : 'header',
    ...(entries.length === 0 ? {} : { headers: Object.fromEntries(entries) }),
  }
}

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

function argumentsOf(words: readonly string[], take: Take) {
  const args = [...words]
  const values: Record<string, string> = {}
  const place = (slot: string, value: string) => {
    const name = slot
      .toUpperCase()
      .replaceAll(/\W+/g, '_')
      .replace(/^(?=\d)/, '_')
    values[name] = take(slot, value)
    return `{argument:${name}}`
  }
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
      if (name !== undefined && inner !== undefined && isCredential(name, inner))
        args[at] = `${before}${name}${sign}${place(name, inner)}`
      else if (isCredential(flag, value)) args[at] = before + place(flag, value)
    } else if (flag === '') {
      const [, name, inner] = /^([A-Za-z_]\w*)=(.*)$/s.exec(word) ?? []
      if (name !== undefined && inner !== undefined && isCredential(name, inner))
        args[index] = `${name}=${place(name, inner)}`
      else if (isSecretUrl(word) || judgeAlone(word) !== null)
        args[index] = place(`argument-${index + 1}`, word)
    }
  }
  return { args, values }
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
