/**
 * A file of environment variables as VS Code reads it (`envFile`): a line each, `NAME=value` or `NAME: value`, an `export`
 * before it or not; quotes are taken off, `#` begins a comment outside them, and of two lines with one name the later counts.
 */
export function readEnvFile(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const written of text.replace(/^\uFEFF/, '').split(/\r\n?|\n/)) {
    const line = written
      .trim()
      .replace(/^export /, '')
      .trim()
    const sign = line.startsWith('#') ? -1 : outsideQuotes(line, /[=:]/)
    const name = line.slice(0, Math.max(0, sign)).trim()
    if (name !== '') found.set(name, unquoted(line.slice(sign + 1).trim()))
  }
  return found
}

function unquoted(written: string): string {
  const comment = outsideQuotes(written, /#/)
  const value = comment === -1 ? written : written.slice(0, comment).trim()
  const quote = value.length > 1 && value.at(-1) === value[0] ? value[0] : undefined
  if (quote === undefined || !/["'`]/.test(quote)) return value
  const inside = value.slice(1, -1)
  return quote === '"' ? inside.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : inside
}

function outsideQuotes(text: string, sign: RegExp): number {
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? ''
    if (quote !== '') {
      if (character === quote && text[at - 1] !== '\\') quote = ''
    } else if (/["'`]/.test(character)) quote = character
    else if (sign.test(character)) return at
  }
  return -1
}
