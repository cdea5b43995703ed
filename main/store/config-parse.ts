import {
  findNodeAtLocation,
  type JSONPath,
  type ParseError,
  parse,
  parseTree,
  printParseErrorCode,
  visit,
} from 'jsonc-parser'
import { WarderError } from '../errors.ts'
import { type ClearSecret, clearSecret, clearSecretInProfile } from './clear-secrets.ts'
import { type Config, configSchema } from './config-schema.ts'
import { firstViolation } from './violations.ts'

/** JSON with comments and trailing commas. @throws WarderError `config.invalid`, `config.secret_in_clear`, with `details: { line }` */
export function parseConfig(text: string): Config {
  // Some editors write a byte order mark; a blank in its place leaves every offset as it is.
  const json = text.replace(/^\uFEFF/, ' ')
  const errors: ParseError[] = []
  const value: unknown = parse(json, errors, JSON_OPTIONS)
  const first = errors[0]
  if (first !== undefined) throw invalid(json, first.offset, inWords(first))
  refuseTwice(json)
  const parsed = configSchema.safeParse(value)
  if (!parsed.success) {
    const { path, ofName, message } = firstViolation(parsed.error)
    const where = path.length === 0 ? 'the file' : path.join('.')
    throw invalid(json, offsetOf(json, path as JSONPath, ofName), `${where}: ${message}`)
  }
  refuseSecrets(json, parsed.data)
  return parsed.data
}

export const JSON_OPTIONS = { allowTrailingComma: true }

/** `CommaExpected` as "comma expected". */
const inWords = ({ error }: ParseError) =>
  printParseErrorCode(error)
    .replace(/(?!^)[A-Z]/g, ' $&')
    .toLowerCase()

/** Of two members of one name a parser takes one and an editor shows the other: what was read is not what is in force. */
function refuseTwice(json: string): void {
  const objects: Set<string>[] = []
  visit(
    json,
    {
      onObjectBegin: () => void objects.push(new Set()),
      onObjectEnd: () => void objects.pop(),
      onObjectProperty(name, offset) {
        const names = objects.at(-1)
        if (names?.has(name)) throw invalid(json, offset, `${name} is there twice`)
        // A parser may take it for the object's prototype, where no schema sees it.
        if (name === '__proto__') throw invalid(json, offset, 'there is no such setting')
        names?.add(name)
      },
    },
    JSON_OPTIONS,
  )
}

function refuseSecrets(json: string, { servers, providers }: Config): void {
  for (const [name, definition] of Object.entries(servers))
    refuseSecret(json, ['servers', name], clearSecret(definition))
  for (const [name, profile] of Object.entries(providers))
    refuseSecret(json, ['providers', name], clearSecretInProfile(profile))
}

function refuseSecret(
  json: string,
  [section, name]: readonly [string, string],
  found: ClearSecret | null,
): void {
  if (found === null) return
  const line = lineAt(json, offsetOf(json, [section, name, ...found.path], false))
  throw new WarderError(
    'config.secret_in_clear',
    `config.json, line ${line}: ${found.what} of ${name} looks like a credential in clear text.`,
    { details: { line } },
  )
}

function invalid(json: string, offset: number, reason: string): WarderError {
  const line = lineAt(json, offset)
  return new WarderError('config.invalid', `config.json, line ${line}: ${reason}`, {
    details: { line },
  })
}

const lineAt = (text: string, offset: number) => text.slice(0, offset).split(/\r\n|\r|\n/).length

/** @param ofName the place of the member's name, else that of its value */
function offsetOf(json: string, location: JSONPath, ofName: boolean): number {
  const tree = parseTree(json, [], JSON_OPTIONS)
  // A missing member has no place of its own: point at the nearest parent that is there.
  for (let depth = location.length; tree !== undefined && depth >= 0; depth--) {
    const node = findNodeAtLocation(tree, location.slice(0, depth))
    if (node !== undefined) return (ofName ? (node.parent ?? node) : node).offset
  }
  return 0
}
