import { secretsIn } from '../../detector/detect.ts'
import type { ConfiguredServer } from '../types.ts'
import { isObject } from '../values.ts'
import { judgeAlone, judgeNamed, type Verdict } from './clear-values.ts'
import type { FindingCode } from './codes.ts'
import { aboutServer, type Finding, finding } from './finding.ts'

/** A credential in the clear: what kind of place, and its name. */
export interface ClearPlace {
  readonly kind: 'env' | 'header' | 'argument' | 'url' | 'settings'
  /** In words, without the value. */
  readonly where: string
  readonly verdict: NonNullable<Verdict>
}

/** Every credential in the clear in one server of a client, each place once. */
export function clearPlaces(server: ConfiguredServer): ClearPlace[] {
  const { env, headers, args, url, command, raw } = server
  return [
    ...Object.entries(env).flatMap(([name, value]) =>
      place('env', `environment variable ${name}`, judgeValue(name, value)),
    ),
    ...Object.entries(headers).flatMap(([name, value]) =>
      place('header', `header ${name}`, judgeNamed(name, value)),
    ),
    ...inArguments(args),
    ...(command === null ? [] : place('argument', 'the command', judgeAlone(command))),
    ...(url === null ? [] : inUrl(url, '')),
    ...inSettings(raw),
  ]
}

/** Guesses apart. */
export const holdsSecret = (server: ConfiguredServer): boolean =>
  clearPlaces(server).some(({ verdict }) => verdict === 'secret')

export function secretFindings(server: ConfiguredServer): Finding[] {
  return clearPlaces(server).map(({ kind, where, verdict }) =>
    finding(
      verdict === 'possible' ? 'doctor.secret_possible' : codeOf[kind],
      aboutServer(server),
      where,
    ),
  )
}

const codeOf: Readonly<Record<ClearPlace['kind'], FindingCode>> = {
  env: 'doctor.secret_in_env',
  header: 'doctor.secret_in_header',
  argument: 'doctor.secret_in_argument',
  url: 'doctor.secret_in_url',
  settings: 'doctor.secret_in_settings',
}

function place(kind: ClearPlace['kind'], where: string, verdict: Verdict): ClearPlace[] {
  return verdict === null ? [] : [{ kind, where, verdict }]
}

/** A variable may hold a URL with a password, or headers in JSON; its name stays the place. */
function judgeValue(name: string, value: string): Verdict {
  const verdict = judgeNamed(name, value)
  return verdict ?? (inUrl(value, '').some((one) => one.verdict === 'secret') ? 'secret' : null)
}

function inArguments(args: readonly string[]): ClearPlace[] {
  const found: ClearPlace[] = []
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? ''
    const next = args[index + 1]
    const flag = /^--?([A-Za-z][\w.-]*)(?:=(.*))?$/s.exec(word)
    if (flag === null) {
      found.push(...inWord(word, `argument ${index + 1}`))
      continue
    }
    const [, name = '', joined] = flag
    const value = joined ?? (next?.startsWith('-') ? undefined : next)
    if (value === undefined) continue
    if (joined === undefined) index++
    const inner = pair(value)
    if (inner !== null) {
      const [own, rest, kind] = inner
      found.push(...place('argument', `${kind} ${own} among the arguments`, judgeNamed(own, rest)))
      continue
    }
    const verdict = judgeNamed(name, value)
    found.push(
      ...(verdict === null
        ? inWord(value, `argument --${name}`)
        : place('argument', `argument --${name}`, verdict)),
    )
  }
  return found
}

/** `NAME=VALUE` for a container, `Name: value` for a bridge. */
function pair(word: string): [name: string, value: string, kind: string] | null {
  const variable = /^([A-Za-z_]\w{0,63})=(.*)$/s.exec(word)
  if (variable !== null) return [variable[1] ?? '', variable[2] ?? '', 'variable']
  const header = /^([A-Za-z][\w-]{0,63}):\s*(\S.*)$/s.exec(word)
  return header === null || header[2]?.startsWith('//')
    ? null
    : [header[1] ?? '', header[2] ?? '', 'header']
}

function inWord(word: string, where: string): ClearPlace[] {
  const inner = pair(word)
  if (inner !== null && judgeNamed(inner[0], inner[1]) !== null)
    return place(
      'argument',
      `${inner[2]} ${inner[0]} among the arguments`,
      judgeNamed(inner[0], inner[1]),
    )
  const url = inUrl(word, ` of the URL in ${where}`)
  if (url.length > 0) return url.map((one) => ({ ...one, kind: 'argument' }))
  return URL.canParse(word) && /^\w+:\/\//.test(word)
    ? []
    : place('argument', where, judgeAlone(word))
}

/** @param of what is said behind the part where the URL is not the server's own */
function inUrl(text: string, of: string): ClearPlace[] {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? URL.parse(text) : null
  if (url === null) return []
  const at = (part: string, verdict: Verdict) => place('url', `URL ${part}${of}`, verdict)
  const parts = [
    ...(url.password === '' ? [] : at('password', judgeNamed('password', decoded(url.password)))),
    ...(url.username === '' || url.password !== ''
      ? []
      : at('user name', judgeAlone(decoded(url.username)))),
    ...[...url.searchParams].flatMap(([name, value]) =>
      at(`parameter ${name}`, judgeNamed(name, value)),
    ),
    ...[...new URLSearchParams(url.hash.slice(1))].flatMap(([name, value]) =>
      value === '' ? [] : at(`fragment ${name}`, judgeNamed(name, value)),
    ),
    ...url.pathname
      .split('/')
      .flatMap((segment) => at('path', segment === '' ? null : judgeAlone(decoded(segment))))
      .slice(0, 1),
  ]
  if (parts.length > 0) return parts
  // A webhook is secret as a whole.
  return secretsIn(text).length > 0 ? at('path', 'secret') : []
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Told above, by the names that all clients share; the same words below them would be told twice. */
const TOLD = new Set(
  'env envs headers http_headers args command cmd path url httpUrl serverUrl uri'.split(' '),
)
/** Of these a client reads the name of a variable, not a value. */
const NAMES_ONLY =
  /(?:_env_var|env_http_headers|env_keys|env_vars|envFile|headersHelper|http_headers_helper)$/

function inSettings(raw: unknown, names: readonly string[] = []): ClearPlace[] {
  if (!isObject(raw) || names.length > 6) return []
  return Object.entries(raw).flatMap(([name, value]) => {
    if ((names.length === 0 && TOLD.has(name)) || NAMES_ONLY.test(name)) return []
    const at = [...names, name]
    if (typeof value === 'string')
      return place('settings', `setting ${at.join('.')}`, judgeValue(name, value))
    if (names.length === 0 && name === 'command' && isObject(value)) return []
    return inSettings(value, at)
  })
}
