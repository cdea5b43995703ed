import { secretsIn } from '../detector/detect.ts'
import { isCredentialName } from '../detector/names.ts'
import {
  isRemote,
  type ProviderProfile,
  parseReference,
  type ServerDefinition,
} from './config-schema.ts'

/** A value of a server's definition that looks like a credential in clear text. */
export interface ClearSecret {
  /** Where it stands below the definition. */
  readonly path: readonly (string | number)[]
  /** What it is, without the value. */
  readonly what: string
}

/**
 * Looks for credentials where a reference into the vault belongs: by the name they stand under, and with the detector. A false alarm costs a person one `warder secret set`; a miss writes a secret
 * to a file.
 */
export function clearSecret(definition: ServerDefinition): ClearSecret | null {
  const field = isRemote(definition) ? 'headers' : 'env'
  const values = isRemote(definition) ? definition.headers : definition.env
  const sent = isRemote(definition) ? {} : (definition.http?.headers ?? {})
  for (const [name, value] of Object.entries(sent))
    if (parseReference(value) === null && (holds(name, value) || looksSecret(value)))
      return { path: ['http', 'headers', name], what: name }
  for (const [name, value] of Object.entries(values ?? {}))
    if (parseReference(value) === null && (holds(name, value) || looksSecret(value)))
      return { path: [field, name], what: name }
  return isRemote(definition) ? inUrl(definition.url) : inArguments(definition.args)
}

/** As {@link clearSecret}, for what a provider profile adds to a URL that goes through a browser. */
export function clearSecretInProfile({ authorizeParams }: ProviderProfile): ClearSecret | null {
  for (const [name, value] of Object.entries(authorizeParams ?? {}))
    if (holds(name, value) || looksSecret(value))
      return { path: ['authorizeParams', name], what: name }
  return null
}

function inUrl(url: string): ClearSecret | null {
  const { username, password, searchParams } = new URL(url)
  // A user name alone too: some providers take a token there.
  if (username || password) return { path: ['url'], what: 'the user name or password in the URL' }
  for (const [name, value] of searchParams)
    if (holds(name, value) || looksSecret(value))
      return { path: ['url'], what: `the parameter ${name} in the URL` }
  return looksSecret(url) ? { path: ['url'], what: 'a part of the URL' } : null
}

function inArguments(args: readonly string[]): ClearSecret | null {
  for (const [index, word] of args.entries()) {
    const { flag, value } = /^--?(?<flag>[\w-]+)(?:=(?<value>.*))?$/s.exec(word)?.groups ?? {}
    const given = value ?? args[index + 1] ?? ''
    if (flag !== undefined && holds(flag, given) && (value !== undefined || !given.startsWith('-')))
      return { path: ['args', value === undefined ? index + 1 : index], what: `--${flag}` }
    const variable = /^(?<name>[A-Za-z_]\w*)=(?<value>.*)$/s.exec(word)?.groups
    if (variable && holds(variable.name ?? '', variable.value ?? ''))
      return { path: ['args', index], what: `${variable.name} among the arguments` }
    if (looksSecret(word)) return { path: ['args', index], what: 'one of the arguments' }
  }
  return null
}

const looksSecret = (value: string) => secretsIn(value).length > 0

/** True where a value under this name is a credential. */
function holds(name: string, value: string): boolean {
  return !SWITCH.test(value) && !PLACEHOLDER.test(value) && isCredentialName(name)
}

/** Of an argument: the vault's value comes there when the server starts. */
const PLACEHOLDER = /^\{(?:file|argument):\w+\}$/

/** What no credential is: nothing, a switch, a small number. */
const SWITCH = /^(?:|true|false|yes|no|on|off|none|null|\d{1,5})$/i
