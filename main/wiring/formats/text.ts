/** What the editors of TOML and YAML share: they work on lines, and keep the line ends that a file has. */

export const lineBreak = (text: string): string => /\r\n|\n/.exec(text)?.[0] ?? '\n'

export const lineStart = (text: string, offset: number): number =>
  text.lastIndexOf('\n', offset - 1) + 1

/** After the line break that ends the line on which the offset lies, or the end of the text. */
export function nextLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  return end === -1 ? text.length : end + 1
}

/** Where the line's own characters end. */
export function lineEnd(text: string, offset: number): number {
  const next = nextLine(text, offset)
  if (!text.slice(offset, next).endsWith('\n')) return next
  return text[next - 2] === '\r' ? next - 2 : next - 1
}

export const cut = (text: string, start: number, end: number, instead = ''): string =>
  text.slice(0, start) + instead + text.slice(end)

/** A byte order mark is put aside while the rest is edited. */
export function besideMark(text: string, edit: (rest: string) => string): string {
  return text.startsWith('\uFEFF') ? `\uFEFF${edit(text.slice(1))}` : edit(text)
}
