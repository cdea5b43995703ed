/**
 * Whole-name match where `*` stands for any text, the empty one and line breaks included, `?` for one character, and
 * every other character for itself. Libraries for this are made for paths: there `*` stops at a slash, a dot or a line
 * break, and a deny rule that stops short is a hole. Linear in practice: only the last `*` is ever taken back.
 */
export function matches(pattern: string, name: string): boolean {
  if (pattern === '*' || pattern === name) return true
  const [glob, text] = [characters(pattern), characters(name)]
  let at = 0
  let next = 0
  let star = -1
  let resume = 0
  while (next < text.length) {
    if (glob[at] === '*') {
      star = at++
      resume = next
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === text[next])) {
      at++
      next++
    } else if (star >= 0) {
      at = star + 1
      next = ++resume
    } else return false
  }
  while (glob[at] === '*') at++
  return at === glob.length
}

/** By code point where a pair of surrogates is one character; the string itself where there is none. */
const characters = (text: string): ArrayLike<string> =>
  /[\ud800-\udfff]/.test(text) ? Array.from(text) : text
