/**
 * Spells out what would change how a line looks: line breaks, control characters, and the marks that reverse or hide
 * text. A command has to be read as it will run.
 */
export function visible(line: string): string {
  return line.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}
