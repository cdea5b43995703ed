/** Controls (ANSI sequences begin with one), bidirectional and zero-width characters, and whatever else is not drawn. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
const UNSEEN_ALL = new RegExp(UNSEEN, 'gu')

/** What is written with unseen characters by honest people: line breaks, emoji of several signs, scripts with joiners. */
const HONEST =
  /[\t\n\r]|\p{RGI_Emoji}|\p{Emoji}\ufe0f?|(?<=[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Malayalam}\p{Script=Sinhala}\p{M}])[\u200c\u200d]/gv

/**
 * Whether a model reads something in a text that a person does not see; one look for all texts of one list. Of texts with such
 * characters only so many are told apart from honest ones: that takes a microsecond for each, and everybody waits meanwhile.
 */
export function createLook(most = 512 * 1024): (text: string) => boolean {
  let left = most
  return (text) => {
    if (PLAIN.test(text) || !RARE.test(text)) return false
    left -= text.length
    return left < 0 || UNSEEN.test(text.replace(HONEST, ''))
  }
}

/** What is unseen, but for the ends of lines. */
const RARE = /[[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\t\n\r]]/v

/** Most texts are such, and it costs a tenth to see. */
const PLAIN = /^[\t\n\r -~]*$/

/** The text on one line, with everything unseen spelled out: `\u{200b}`. */
export const visible = (text: string) => text.replace(UNSEEN_ALL, spelledOut)

/** A name in which no letter can pass for another: all but printable ASCII is spelled out. */
export const spelled = (name: string) => name.replace(/[^ -~]/gu, spelledOut)

const spelledOut = (character: string) => `\\u{${character.codePointAt(0)?.toString(16)}}`
