import { type Node, parseTree } from 'jsonc-parser'

/**
 * JSON of other programs, read as they do.
 *
 * @param lenient comments and commas at the end are allowed
 * @throws SyntaxError that quotes nothing of the text
 */
export function readJson(text: string, lenient: boolean): unknown {
  const json = text.replace(/^\uFEFF/, '')
  if (!lenient) return strictly(json)
  const errors: unknown[] = []
  const tree = parseTree(json, errors as [], { allowTrailingComma: true })
  if (tree === undefined || errors.length > 0) throw new SyntaxError('not JSON')
  return contentOf(tree)
}

function strictly(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new SyntaxError('not JSON')
  }
}

/** As `JSON.parse` would have it: the last of two members of one name, and `__proto__` as one like any other. */
function contentOf(node: Node): unknown {
  switch (node.type) {
    case 'object':
      return Object.fromEntries(
        (node.children ?? []).map(({ children: [name, value] = [] }) => [
          String(name?.value),
          value && contentOf(value),
        ]),
      )
    case 'array':
      return (node.children ?? []).map(contentOf)
    default:
      return node.value
  }
}
