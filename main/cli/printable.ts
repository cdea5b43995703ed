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
