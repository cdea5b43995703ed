/**
 * Whether a text holds one of many words, in one pass however many they are: most texts hold none, and one search for each
 * form of each secret would cost every message more with every account. Only every so many characters of the text are
 * looked at; a word that is there has one of its last pieces at one of those places (Wu and Manber 1994, with one table). The
 * last ones, since tokens of one provider begin alike, and a server could send their beginning over and over.
 *
 * @param words none shorter than {@link PIECE} characters
 */
export function searchFor(words: readonly string[]): (text: string) => boolean {
  if (words.length === 0) return () => false
  const shortest = Math.min(...words.map(({ length }) => length))
  const step = shortest - PIECE + 1
  const seen = new Uint8Array(SLOTS)
  const places = new Map<number, { readonly word: string; readonly at: number }[]>()
  for (const word of words)
    for (let at = word.length - PIECE; at > word.length - PIECE - step; at--) {
      const slot = slotAt(word, at)
      seen[slot] = 1
      const there = places.get(slot)
      if (there === undefined) places.set(slot, [{ word, at }])
      else there.push({ word, at })
    }

  const isAt = (text: string, from: number, slot: number) =>
    places.get(slot)?.some(({ word, at }) => from >= at && text.startsWith(word, from - at)) ===
    true

  return (text) => {
    for (let from = 0; from <= text.length - PIECE; from += step) {
      const slot = slotAt(text, from)
      if (seen[slot] === 1 && isAt(text, from, slot)) return true
    }
    return false
  }
}

const PIECE = 4
const SLOTS = 1 << 16

/** Four UTF-16 code units as one number, mixed so that texts of letters alone use all of the table. */
function slotAt(text: string, at: number): number {
  const first = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16)
  const second = text.charCodeAt(at + 2) | (text.charCodeAt(at + 3) << 16)
  return (Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)) >>> 16
}
