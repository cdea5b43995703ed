/**
 * JSON for a link, in characters that stay what they are however often and by whom the link is decoded: VS Code decodes
 * its query twice, so a `%` of a path must not be there; and what `atob` gives is no UTF-8. Without `>`, `?`, `~` and with a
 * length that three divides, its base64 is of letters and digits alone.
 */
export function linkJson(value: unknown): string {
  const text = JSON.stringify(value).replace(
    /[^\x20-\x7e]|[%>?~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return text.padEnd(Math.ceil(text.length / 3) * 3)
}
