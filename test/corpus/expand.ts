const repeat = /\{\{repeat:(.*?):(\d{1,8})\}\}/gs
const list = /^\{\{list:(.*):(\d{1,8})\}\}$/s

/** Writes `{{repeat:TEXT:N}}` and `{{list:FORMAT:N}}` out, everywhere in a JSON value. Other braces are data. */
export function expand(value: unknown): unknown {
  if (typeof value === 'string') return expandText(value)
  if (Array.isArray(value)) return value.map(expand)
  if (typeof value !== 'object' || value === null) return value
  // fromEntries defines properties, so a member called __proto__ stays data.
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, expand(inner)]))
}

function expandText(text: string): string | string[] {
  const [, format, count] = list.exec(text) ?? []
  if (format !== undefined)
    return Array.from({ length: Number(count) }, (_, index) => format.replaceAll('%d', `${index}`))
  return text.replace(repeat, (_, part: string, times: string) => part.repeat(Number(times)))
}
