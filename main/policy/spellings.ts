/**
 * How else a reader may find the same resource under a URI: escapes resolved, scheme and host in lower case, `file:` with
 * a host of its own or more slashes, without what a reader of files does not look at (RFC 3986 §6.2, RFC 8089, WHATWG URL).
 * For rules that deny: one that names a resource means it in whatever spelling it is asked for.
 *
 * @returns with the URI as it is
 */
export function spellingsOf(uri: string): string[] {
  const found = new Set<string>()
  for (const one of [uri, parsed(uri)])
    for (const plain of [one, lowerHost(one), decoded(one), decoded(lowerHost(one))])
      for (const path of [plain, singleSlashes(plain)]) found.add(path).add(withoutQuery(path))
  return [...found]
}

/** As a browser or Node reads it; unchanged where they do not. */
function parsed(uri: string): string {
  try {
    return new URL(uri).href
  } catch {
    return uri.trim()
  }
}

const lowerHost = (uri: string) =>
  uri.replace(/^\s*[a-z][a-z0-9+.-]*:(?:\/\/[^/?#]*)?/i, (start) => start.trim().toLowerCase())

/** Every escape that is one; the rest stays. */
const decoded = (uri: string) =>
  uri.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })

const singleSlashes = (uri: string) =>
  /^file:/.test(uri)
    ? `file:///${uri
        .slice(5)
        .replace(/^\/+/, '')
        .replace(/\/{2,}/g, '/')}`
    : uri

const withoutQuery = (uri: string) => uri.replace(/[?#].*$/s, '')
