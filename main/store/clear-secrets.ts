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
 * Looks for credentials where a reference into the vault belongs: by the name they stand under, and by the forms that
 * well-known providers give their tokens. A false alarm costs a person one `warder secret set`; a miss writes a secret
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

const USER_AND_PASSWORD = /[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:[^/?#\s@]+@/i

/** Forms that providers made to be recognised. */
const TOKEN_FORMS = new RegExp(
  [
    String.raw`\b(?:gh[pousr]_|github_pat_|glpat-|xox[a-z]-|xapp-|sk-|sk_live_|rk_live_|ntn_|npm_|pypi-|hf_|dop_v1_|shpat_|lin_api_)[\w-]{16,}`,
    String.raw`\b(?:AKIA|ASIA)[0-9A-Z]{16}\b`,
    String.raw`\bAIza[\w-]{30,}`,
    String.raw`\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.`,
    String.raw`\bhooks\.slack\.com/services/\w`,
    '-----BEGIN [A-Z ]*PRIVATE KEY',
    String.raw`^(?:Bearer|Basic|Token)\s+\S{8,}`,
    String.raw`\bauthorization\s*[:=]\s*\S`,
  ].join('|'),
  'i',
)

const looksSecret = (value: string) => TOKEN_FORMS.test(value) || USER_AND_PASSWORD.test(value)

/** True where a value under this name is a credential. */
function holds(name: string, value: string): boolean {
  return !SWITCH.test(value) && !PLACEHOLDER.test(value) && isCredentialName(name)
}

/** Of an argument: the vault's value comes there when the server starts. */
const PLACEHOLDER = /^\{(?:file|argument):\w+\}$/

/** What no credential is: nothing, a switch, a small number. */
const SWITCH = /^(?:|true|false|yes|no|on|off|none|null|\d{1,5})$/i

function isCredentialName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
  if (words.includes('public') || ABOUT.has(words.at(-1) ?? '')) return false
  return words.some((word) => CREDENTIALS.has(word) || CREDENTIAL_PARTS.test(word))
}

const CREDENTIALS = new Set(
  'auth authorization authentication key pat pwd pass jwt bearer cookie session'.split(' '),
)
/** Also in one word with others (`GITHUBTOKEN`); not `tokens`, which are counted, nor `tokenizer`. */
const CREDENTIAL_PARTS = /secret|passw|passphrase|credential|apikey|token$/

/** A name that ends so tells something about a credential: where it lies, of which kind it is. */
const ABOUT = new Set(
  'file path dir directory url uri host port name type method mode sock socket ttl scope scopes endpoint issuer audience timeout limit length size enabled disabled prefix algorithm'.split(
    ' ',
  ),
)
