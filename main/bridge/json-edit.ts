import { type JsonNode, readJson, type Span, splice } from './json-scan.ts'

/** Changes of a text that leave every other byte of it alone. */
export type Edit = Span & { readonly text: string }

/** An object with these members, which stand in the place of its own of the same name. */
export function withMembers(object: JsonNode, members: Readonly<Record<string, string>>): string {
  const rest = new Map(Object.entries(members))
  const edits = object.members().flatMap(({ name, value }) => {
    const text = rest.get(name)
    rest.delete(name)
    return text === undefined ? [] : [{ ...within(object, value), text }]
  })
  const more = [...rest].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')
  if (more === '') return splice(object.raw, edits)
  const follows = object.members().length > 0 ? ',' : ''
  return splice(object.raw, [...edits, { start: 1, end: 1, text: more + follows }])
}

/** An object without these members. */
export function withoutMembers(object: JsonNode, names: ReadonlySet<string>): string {
  const { raw } = object
  return splice(raw, removals(raw, readJson(raw), names))
}

/**
 * What takes members out of an object, with one comma each so that it stays one.
 *
 * @param text the whole text that the object stands in
 */
export function removals(text: string, object: JsonNode, names: ReadonlySet<string>): Edit[] {
  const edits: Edit[] = []
  let before = object.start + 1
  let kept = false
  for (const { name, value } of object.members()) {
    if (names.has(name)) edits.push({ start: before, end: value.end, text: '' })
    else if (!kept) {
      kept = true
      const first = edits.length === 0
      // The comma that stood between it and what is gone.
      if (!first) edits.push({ start: before, end: text.indexOf(',', before) + 1, text: '' })
    }
    before = value.end
  }
  return edits
}

const within = (outer: JsonNode, { start, end }: JsonNode) => ({
  start: start - outer.start,
  end: end - outer.start,
})
