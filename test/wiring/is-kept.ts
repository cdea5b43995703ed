/** Nothing of the one text is gone in the other but blanks, in its order, and what came is not longer than the entry. */
export function isKept(before: string, after: string, entry: unknown): boolean {
  const [old = [], now = []] = [before, after].map((text) => [...text.replaceAll(/\s/g, '')])
  let at = 0
  for (const character of now) if (character === old[at]) at++
  const grown = now.length - old.length
  return at === old.length && grown <= JSON.stringify(entry).length + 60
}
