/** One edit of a text: what stood at an offset, and what stands there now. In UTF-16 code units. */
export interface Patch {
  readonly at: number
  readonly removed: string
  readonly added: string
}

/** The smallest single edit that makes one text of the other. */
export function patchBetween(before: string, after: string): Patch {
  const most = Math.min(before.length, after.length)
  let start = 0
  while (start < most && before[start] === after[start]) start++
  let end = 0
  while (end < most - start && before.at(-1 - end) === after.at(-1 - end)) end++
  return {
    at: start,
    removed: before.slice(start, before.length - end),
    added: after.slice(start, after.length - end),
  }
}

/** @returns the text as it was before all of them; null where one does not fit */
export function withoutPatches(text: string, patches: readonly Patch[]): string | null {
  return patches.toReversed().reduce<string | null>((rest, { at, removed, added }) => {
    if (rest === null || !rest.startsWith(added, at)) return null
    return rest.slice(0, at) + removed + rest.slice(at + added.length)
  }, text)
}
