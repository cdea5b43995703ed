import { createHash } from 'node:crypto'

/**
 * How a tool or a prompt of one server is called where a client has all of them at once: `server__name`. Server names have
 * no underscore, so the first `__` always separates. What would be too long, or is not of the characters that the
 * specification knows (MCP 2025-11-25, Tools, Tool Names), is shortened and ends with a digest of the whole name.
 */

const SEPARATOR = '__'
const MOST = 128
const ALLOWED = /^[A-Za-z0-9_.-]+$/
/** A name of a server that already ends like this is shortened as well: so no two names become one. */
const SHORTENED = /\.[0-9a-f]{16}$/

export function shownName(server: string, own: string): string {
  const plain = server + SEPARATOR + own
  if (plain.length <= MOST && ALLOWED.test(plain) && !SHORTENED.test(plain)) return plain
  const digest = `.${createHash('sha256').update(own).digest('hex').slice(0, 16)}`
  return plain.replace(/[^A-Za-z0-9_.-]+/g, '_').slice(0, MOST - digest.length) + digest
}

/**
 * What such a name says by itself: the server, and its own name for the thing, null where only the server's list tells.
 *
 * @returns null for a name that names no server
 */
export function readShownName(
  shown: string,
): { readonly server: string; readonly own: string | null } | null {
  const at = shown.indexOf(SEPARATOR)
  if (at <= 0) return null
  const server = shown.slice(0, at)
  const own = shown.slice(at + SEPARATOR.length)
  if (SHORTENED.test(shown)) return { server, own: null }
  // No other spelling than ours reaches a server's tool.
  return own !== '' && shownName(server, own) === shown ? { server, own } : null
}
