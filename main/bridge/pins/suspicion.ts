import { headerParameters } from '../eras/tool-headers.ts'
import type { JsonNode } from '../json-scan.ts'

/**
 * What a person should see of a tool although nothing in it breaks a rule. Words only: an honest tool may say the same, and
 * a hostile one may say it otherwise, so none of this decides anything (docs/adr/022-tool-pins.md).
 */
export function suspicions(tool: JsonNode): string[] {
  const text = textsOf(tool).join('\n')
  const found = SAYINGS.flatMap(([saying, pattern]) => {
    const [words] = pattern.exec(text) ?? []
    return words === undefined ? [] : [`${saying}: ${JSON.stringify(words.slice(0, 120))}`]
  })
  const mirrored = (headerParameters(tool) ?? []).filter(({ header, path }) =>
    [header, ...path].some((name) => SECRET_NAME.test(inWords(name))),
  )
  return [
    ...found,
    ...mirrored.map(
      ({ header, path }) =>
        `has the argument ${JSON.stringify(path.join('.'))} repeated in the header mcp-param-${header}, which proxies write into their logs`,
    ),
  ]
}

const SAYINGS: readonly (readonly [string, RegExp])[] = [
  [
    'speaks to the model in a marked passage',
    /<\/?\s*(?:important|system|instructions?|secret|hidden|admin|critical|override)\b[^>]{0,80}>/i,
  ],
  [
    'names a place where credentials lie',
    /(?:~|\$HOME|%USERPROFILE%)[\\/][^\s"'<>]{1,80}|\.(?:ssh|aws|gnupg|kube)[\\/][^\s"'<>]{0,80}|\bid_(?:rsa|ed25519|ecdsa)\b|\/etc\/(?:passwd|shadow)\b|\bmcp\.json\b|(?<![\w])\.(?:env|netrc|npmrc|pgpass)\b/i,
  ],
  [
    'wants something kept from the person',
    /\b(?:do not|don['’]t|never|without)\b[^.\n]{0,40}\b(?:tell|mention|inform|notify|show|reveal|alert|ask)(?:ing)?\b[^.\n]{0,40}\b(?:user|human|person)\b/i,
  ],
  [
    'wants other instructions ignored',
    /\b(?:ignore|disregard|forget|override)\b[^.\n]{0,30}\b(?:previous|prior|above|earlier|other|all|any)\b[^.\n]{0,30}\b(?:instructions?|rules?|tools?|prompts?)\b/i,
  ],
]

/** Names by which arguments with secrets go. */
const SECRET_NAME =
  /(?:^|[^a-z])(?:tokens?|secrets?|passw(?:or)?d|passphrase|pwd|pat|api ?key|access ?key|private ?key|auth|authorization|credentials?|cookie|session ?id|bearer|otp|pin)(?:[^a-z]|$)/i

/** `apiKey`, `api_key` and `API-Key` as `api Key` and so on. */
const inWords = (name: string) =>
  name.replace(/([a-z\d])([A-Z])/g, '$1 $2').replace(/[^A-Za-z\d]+/g, ' ')

/** Every string of a tool that a model may be shown, the names of members too. */
export function textsOf(node: JsonNode): string[] {
  switch (node.kind) {
    case 'string':
      return [node.string() ?? '']
    case 'array':
      return node.elements().flatMap(textsOf)
    case 'object':
      return node.members().flatMap(({ name, value }) => [name, ...textsOf(value)])
    default:
      return []
  }
}
