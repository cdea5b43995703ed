import { WarderError } from '../errors.ts'

/** One challenge of a `WWW-Authenticate` field: scheme and parameter names are lower case, values unquoted. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

/** What a protected resource asks for (RFC 6750 §3, RFC 9449 §7.1, RFC 9728 §5.1). */
export interface TokenChallenge {
  readonly resourceMetadata: string | undefined
  readonly scope: string | undefined
  readonly error: string | undefined
  /** Null where no challenge is of the scheme DPoP; `alone`: none is of the scheme Bearer. */
  readonly dpop: { readonly alone: boolean; readonly algorithms: readonly string[] | null } | null
}

const LONGEST = 8192
const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const token68 = /[A-Za-z0-9._~+/-]+=*/y
const quotedString = /"((?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*)"/y
/** Not the padding of a token68, which no value follows. */
const equals = /[\t ]*=[\t ]*(?![=,]|$)/y
const spaces = /[\t ]+/y
const comma = /[\t ]*,/y

/**
 * Parses the value of `WWW-Authenticate`, several fields joined by commas included (RFC 9110 §11.6.1).
 *
 * @throws WarderError `oauth.metadata_invalid` for what the grammar does not allow and for a parameter that occurs twice
 */
export function parseChallenges(field: string): Challenge[] {
  if (field.length > LONGEST) throw malformed('is too long')
  const read = reader(field)
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  while (!read.atEnd()) {
    read.take(spaces)
    if (read.take(comma) !== null || read.atEnd()) continue
    const name = read.take(token)
    if (name === null) throw malformed('is not a list of challenges')
    const current = challenges.at(-1)
    if (read.take(equals) !== null) {
      if (current === undefined) throw malformed('starts with a parameter')
      addParameter(current.parameters, name, readValue(read))
    } else {
      challenges.push({ scheme: name.toLowerCase(), parameters: firstParameter(read) })
    }
    read.take(spaces)
    if (!read.atEnd() && read.take(comma) === null) throw malformed('lacks a comma')
  }
  return challenges
}

/**
 * The challenge among several that asks for a token, preferring one that names its protected resource metadata.
 *
 * @param schemes that count, in lower case, preferred ones first
 * @returns null where the server sent none
 * @throws as {@link parseChallenges}
 */
export function tokenChallenge(
  headers: Headers,
  schemes: readonly ('bearer' | 'dpop')[] = ['bearer', 'dpop'],
): TokenChallenge | null {
  const field = headers.get('www-authenticate')
  if (field === null) return null
  const all = parseChallenges(field)
  const of = (wanted: string) => all.filter(({ scheme }) => scheme === wanted)
  const bound = of('dpop')
  const tokens = schemes.flatMap(of)
  const chosen = tokens.find(({ parameters }) => parameters.has('resource_metadata')) ?? tokens[0]
  if (chosen === undefined) return null
  const algorithms = bound[0]?.parameters.get('algs')?.split(' ') ?? null
  return {
    resourceMetadata: chosen.parameters.get('resource_metadata'),
    scope: chosen.parameters.get('scope'),
    error: chosen.parameters.get('error'),
    dpop: bound.length === 0 ? null : { alone: of('bearer').length === 0, algorithms },
  }
}

/** What follows a scheme: nothing, a token68, or the first of its parameters. */
function firstParameter(read: Reader): Map<string, string> {
  const parameters = new Map<string, string>()
  if (read.take(spaces) === null) return parameters
  const start = read.position()
  const name = read.take(token)
  if (name !== null && read.take(equals) !== null) {
    addParameter(parameters, name, readValue(read))
    return parameters
  }
  read.rewind(start)
  read.take(token68)
  return parameters
}

function readValue(read: Reader): string {
  const quoted = read.take(quotedString)
  if (quoted !== null) return quoted.slice(1, -1).replace(/\\(.)/gs, '$1')
  const plain = read.take(token)
  if (plain === null) throw malformed('has a parameter without a proper value')
  return plain
}

function addParameter(parameters: Map<string, string>, name: string, value: string): void {
  const key = name.toLowerCase()
  // Two readers of one header could each pick another of the two values (RFC 9110 §11.2: once per challenge).
  if (parameters.has(key)) throw malformed('has a parameter twice')
  parameters.set(key, value)
}

interface Reader {
  /** The text that `pattern` (sticky) matches here, which is then behind us; null leaves the position as it is. */
  take(pattern: RegExp): string | null
  position(): number
  rewind(position: number): void
  atEnd(): boolean
}

function reader(text: string): Reader {
  let at = 0
  return {
    take(pattern) {
      pattern.lastIndex = at
      const match = pattern.exec(text)
      if (match === null) return null
      at = pattern.lastIndex
      return match[0]
    },
    position: () => at,
    rewind: (position) => {
      at = position
    },
    atEnd: () => at >= text.length,
  }
}

function malformed(what: string): WarderError {
  return new WarderError(
    'oauth.metadata_invalid',
    `The server's WWW-Authenticate header ${what} (RFC 9110 §11.6.1).`,
  )
}
