/** Half of a surrogate pair as a JSON escape, or anything that may hold one. */
const HALF = /\\u[dD][89a-fA-F]/
/** A whole pair, a half, or any other escape: an escaped backslash ends here and begins nothing. */
const ESCAPE =
  /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u([dD][89a-fA-F][\da-fA-F]{2})|\\./gs

/**
 * A JSON text whose strings have no lone surrogates: UTF-8 cannot hold them, so each reader makes something else of them.
 * They become the replacement character; nothing else changes.
 */
export function wellFormed(json: string): string {
  if (!HALF.test(json)) return json
  return json.replace(ESCAPE, (whole, half?: string) => (half === undefined ? whole : '\\ufffd'))
}
