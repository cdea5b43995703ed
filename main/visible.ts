/** Controls (ANSI sequences begin with one), bidirectional and zero-width characters, and whatever else is not drawn. */
export const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
const allUnseen = new RegExp(unseen, 'gu')

/**
 * The text on one line as it is: what would move the cursor, hide, reverse or split it is spelled out, like `\u{1b}`. For
 * terminals, dialogs, notifications and files that a person reads.
 */
export const visible = (text: string): string => text.replace(allUnseen, spelledOut)

export const spelledOut = (character: string): string =>
  `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
