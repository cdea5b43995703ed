/**
 * What a name says of the value under it.
 * `credential`: whatever stands there; `code`: a short-lived number; `perhaps`: only if it looks made by a machine.
 */
export type NameMeaning = 'credential' | 'code' | 'perhaps' | null

/** @param name of a variable, a header, an argument, a member of JSON, a parameter of a URL; any style of writing */
export function meaningOf(name: string): NameMeaning {
  const words = wordsOf(name)
  const last = words.at(-1) ?? ''
  const text = words.join(' ')
  if (SESSION.test(text)) return 'credential'
  if (words.length === 0 || words.some((word) => ABOUT_ALL.has(word))) return null
  if (ABOUT.has(last) || COUNTED.has(last)) return null
  if (CREDENTIAL.test(text)) return 'credential'
  if (words.some((word) => PARTS.test(word))) return 'credential'
  if (CODE.test(text)) return 'code'
  if (HARMLESS_KEY.test(text)) return null
  return PERHAPS.test(text) ? 'perhaps' : null
}

/** True where the name says that what looks made by a machine is no secret: a digest, an identifier, a public key. */
export function isHarmlessName(name: string): boolean {
  const words = wordsOf(name)
  const last = words.at(-1) ?? ''
  return (
    ABOUT.has(last) ||
    COUNTED.has(last) ||
    words.some((word) => ABOUT_ALL.has(word) || DIGESTS.has(word))
  )
}

const DIGESTS = new Set(
  'sha sha1 sha256 sha512 md5 digest checksum integrity commit revision fingerprint thumbprint etag'.split(
    ' ',
  ),
)

/** True where no value belongs in the clear, however it looks: for files that hold references instead. */
export function isCredentialName(name: string): boolean {
  const words = wordsOf(name)
  if (words.includes('public') || ABOUT.has(words.at(-1) ?? '')) return false
  return words.some((word) => WORDS.has(word) || PARTS.test(word))
}

const WORDS = new Set(
  'auth authorization authentication key pat pwd pass jwt bearer cookie session'.split(' '),
)

function wordsOf(name: string): string[] {
  return name
    .slice(0, 128)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]{2,})([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
}

/** In one word with others too (`GITHUBTOKEN`); not `tokens`, which are counted, nor `tokenizer`. */
const PARTS = /secret(?!ar)|passw(?!ordless)|passphrase|credential|apikey|(?:token|pwd)$/

const CREDENTIAL = new RegExp(
  [
    String.raw`\b(?:authorization|pwd|pass|jwt|bearer|pat|sessionid|sid|xsrf|csrf|cookies?)\b`,
    String.raw`\b(?:api|access|private|signing|encryption|secret|master|account|shared|admin|service|webhook|hmac|ssh|gpg|pgp|subscription|deploy|license|auth|client|consumer|rest|storage|app|application|bot|ingest|server) keys?\b`,
    String.raw`\bconn(?:ection)? (?:string|str|uri)\b|\b(?:client )?assertion\b|\bsaml response\b|\b(?:creds|mnemonic)\b`,
    String.raw`\bcode verifier\b|\b(?:device|user|auth|authorization|recovery|backup) codes?\b`,
    String.raw`\bamz (?:signature|credential)\b|\bx amz\b.*\b(?:signature|credential)\b`,
    '^auth$',
  ].join('|'),
)

const CODE =
  /\b(?:otp|totp|mfa|2fa|passcode|cvv|cvc)\b|\bpin$|\bpin (?:code|number)\b|\b(?:one time|verification|security) code\b/

const PERHAPS =
  /\bkeys?$|\b(?:auth|authentication|session|sig|signature|dsn|hash key|salt|seed|nonce key)$/

/** Keys of tables, caches and locks, and those that are meant to be seen. */
const HARMLESS_KEY =
  /\b(?:primary|sort|foreign|partition|cache|object|row|index|group|idempotency|map|issue|project|hot|shortcut|registry|column|unique|composite|natural|surrogate|dedupe|routing|s3|message|translation|i18n|config|lookup|range) keys?$/

/** A name that ends so tells something about a credential: where it lies, of which kind it is. */
const ABOUT = new Set(
  'file path dir directory url uri host port name type method mode sock socket ttl scope scopes endpoint issuer audience timeout limit length size enabled disabled prefix algorithm'.split(
    ' ',
  ),
)

/** As {@link ABOUT}, of data: that somebody counted it, described it, or gave it a number. */
const COUNTED = new Set(
  'folder names types limits suffix alg policy count counts usage used budget expiry expires expiration lifetime age hint description format version status rotation provider manager store storage ref reference env var variable field header required strength rules id ids minimum maximum template label title'.split(
    ' ',
  ),
)

/** Of pages of a list, of a public key pair, of counting: nothing with these words is kept secret. */
const ABOUT_ALL = new Set(
  'public publishable page pagination continuation cursor next sync passwordless tokenizer tokens tokenize max min'.split(
    ' ',
  ),
)

const SESSION = /\bsession (?:id|key|token)s?\b/
