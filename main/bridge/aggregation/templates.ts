/**
 * Whether a URI can come from a template (RFC 6570): its fixed parts are there, in their order, and an expression stands
 * for anything. The templates are the servers' words, so this takes no longer than reading both.
 *
 * @returns how many fixed characters it has: the more, the better it fits; null where it does not
 */
export function fits(uri: string, template: string): number | null {
  const parts = template.split(/\{[^{}]*\}/)
  const [first = '', ...later] = parts
  const last = later.pop()
  if (last === undefined) return uri === first ? first.length : null
  if (!uri.startsWith(first)) return null
  let at = first.length
  for (const part of later) {
    const found = uri.indexOf(part, at)
    if (found < 0) return null
    at = found + part.length
  }
  if (!uri.endsWith(last) || uri.length - last.length < at) return null
  return parts.reduce((sum, part) => sum + part.length, 0)
}
