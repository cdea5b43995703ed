import { isTemplate } from './values.ts'

/** A run of so many characters out of a set, written as inside the brackets of a regular expression. */
export type FormRun = readonly [characters: string, least: number, most: number]
export type FormPart = string | FormRun
/** What a token looks like: the name of its rule, its fixed beginning, and what follows. */
export type TokenForm = readonly [rule: string, ...parts: FormPart[]]

/** A place in a text, in UTF-16 code units, and the rule that saw something there. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly rule: string
}

interface Run {
  readonly characters: RegExp
  readonly least: number
  readonly most: number
}

interface Compiled {
  readonly rule: string
  readonly first: string
  readonly rest: readonly (string | Run)[]
}

/**
 * Finds tokens that their issuers made to be recognised. Linear in the length of the text, whatever the text: a part takes
 * all it can and nothing is given back, and a form that failed behind a run is not tried again from inside that run.
 *
 * @param digits a match without one is an ordinary word (`xoxb-tokens-start-like-this`)
 */
export function createFormMatcher(
  forms: readonly TokenForm[],
  { digits }: { readonly digits: boolean },
): (text: string, cost?: Cost) => Span[] {
  const compiled = forms.map(compile)
  const byStart = Map.groupBy(compiled, ({ first }) => first.slice(0, START))
  const start = new RegExp([...byStart.keys()].map(literal).join('|'), 'g')
  return (text, cost = { steps: 0 }) => {
    const found: Span[] = []
    const dead = new Map<Compiled, number>()
    start.lastIndex = 0
    for (let hit = start.exec(text); hit !== null; hit = start.exec(text)) {
      const from = hit.index
      start.lastIndex = from + 1
      if (!begins(text, from)) continue
      const ends = (byStart.get(hit[0]) ?? []).flatMap((form) => {
        if ((dead.get(form) ?? 0) > from) return []
        const { to, runEnd } = attempt(form, text, from, cost)
        if (to === null) dead.set(form, runEnd)
        return to === null ? [] : [{ form, to }]
      })
      const longest = ends.reduce<(typeof ends)[number] | null>(
        (best, one) => (best === null || one.to > best.to ? one : best),
        null,
      )
      if (longest === null) continue
      const { form, to } = longest
      start.lastIndex = to
      const body = text.slice(from + form.first.length, to)
      if (isTemplate(body) || (digits && !/\d/.test(body))) continue
      found.push({ from, to, rule: form.rule })
    }
    return found
  }
}

/** Characters that were looked at, so that a test can count what a hostile text costs. */
export interface Cost {
  steps: number
}

const START = 3

const literal = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

function compile([rule, first, ...rest]: TokenForm): Compiled {
  return {
    rule,
    first: String(first),
    rest: rest.map((part, index) => {
      if (typeof part === 'string') return part
      const [characters, least, most] = part
      // The last run is taken whole: the rest of a token that is longer than usual must not stay behind.
      const upTo = index === rest.length - 1 ? LONGEST : most
      return { characters: new RegExp(`[${characters}]{0,${upTo}}`, 'y'), least, most: upTo }
    }),
  }
}

/** Nothing that anybody issues is as long. */
export const LONGEST = 16_384

function attempt(form: Compiled, text: string, from: number, cost: Cost) {
  let at = from + form.first.length
  let runEnd = from
  cost.steps += form.first.length
  if (!text.startsWith(form.first, from)) return { to: null, runEnd }
  for (const part of form.rest) {
    if (typeof part === 'string') {
      cost.steps += part.length
      if (!text.startsWith(part, at)) return { to: null, runEnd }
      at += part.length
      continue
    }
    part.characters.lastIndex = at
    const length = part.characters.exec(text)?.[0].length ?? 0
    cost.steps += length
    if (length < part.least) return { to: null, runEnd }
    at += length
    if (runEnd === from && part.most === LONGEST) runEnd = at
  }
  return { to: at, runEnd }
}

/** Not in the middle of a word, but behind what an literal of JSON, C or a URL ends with. */
function begins(text: string, at: number): boolean {
  if (!/[A-Za-z0-9]/.test(text.charAt(at - 1))) return true
  return (
    text.charAt(at - 2) === '\\' || /^%[0-9A-Fa-f]{2}$/.test(text.slice(Math.max(0, at - 3), at))
  )
}
