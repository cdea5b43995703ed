/** Control, format (bidirectional overrides, zero width), line and paragraph separators, lone surrogates. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/**
 * Text as it may reach a terminal: whatever could move the cursor, hide or reorder other text is shown as `\u{1b}`.
 * Line breaks too, so that one value cannot pretend to be two lines.
 */
export function printable(text: string): string {
  return text.replace(
    unprintable,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}

/** JSON in which the same characters are escaped: an equal document that is safe to look at. */
export function printableJson(value: unknown, indent?: number): string {
  // JSON.stringify escapes C0 controls inside strings itself; the line breaks of the indentation are ours.
  return JSON.stringify(value, null, indent).replace(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}

/** A command and its arguments as one line in which every boundary can be seen. */
export function commandLine(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ')
}
