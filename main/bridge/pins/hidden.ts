import { spelledOut, unseen } from '../../visible.ts'

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
    return left < 0 || unseen.test(text.replace(HONEST, ''))
  }
}

/** What is unseen, but for the ends of lines. */
const RARE = /[[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\t\n\r]]/v

/** Most texts are such, and it costs a tenth to see. */
const PLAIN = /^[\t\n\r -~]*$/

/** A name in which no letter can pass for another: all but printable ASCII is spelled out. */
export const spelled = (name: string) => name.replace(/[^ -~]/gu, spelledOut)
