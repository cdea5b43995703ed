import type { RequestMessage, ResponseMessage } from '../envelope.ts'
import { withMembers, withoutMembers } from '../json-edit.ts'
import { readJson } from '../json-scan.ts'

/** The member of each list's result that holds its lines. */
export const LISTS: Readonly<Record<string, string>> = {
  'tools/list': 'tools',
  'prompts/list': 'prompts',
  'resources/list': 'resources',
  'resources/templates/list': 'resourceTemplates',
}

export const memberOf = (method: string): string | null =>
  (Object.hasOwn(LISTS, method) ? LISTS[method] : null) ?? null

interface Begun {
  /** The first page. */
  readonly result: string
  readonly lines: string[]
  next: string
}

/** Puts the pages of a list together again, as its client turns them: half a list is nothing to remember. */
export interface Pages {
  /** @returns the whole list as one page, once its last page is there */
  turn(session: object, message: RequestMessage, answer: ResponseMessage): string | null
}

/** What is beyond is not remembered. */
export const MOST_PAGES = 64
const MOST_LINES = 20_000

export function createPages(): Pages {
  const begun = new WeakMap<object, Map<string, Begun>>()

  return {
    turn(session, { method, params }, { result }) {
      const member = memberOf(method)
      const lines = result?.member(member ?? '')
      if (member === null || result === undefined || lines?.kind !== 'array') return null
      const own = begun.get(session) ?? new Map<string, Begun>()
      begun.set(session, own)
      const cursor = params?.member('cursor')?.raw
      const next = result.member('nextCursor')
      const page = lines.elements().map(({ raw }) => raw)

      const before = cursor === undefined ? undefined : own.get(method)
      if (cursor !== undefined && before?.next !== cursor) return null
      own.delete(method)
      const all = before ?? { result: result.raw, lines: [], next: '' }
      all.lines.push(...page)
      if (next === undefined || next.kind === 'null') {
        const whole = withMembers(readJson(all.result), { [member]: `[${all.lines.join(',')}]` })
        return withoutMembers(readJson(whole), new Set(['nextCursor']))
      }
      if (all.lines.length < MOST_LINES && next.raw !== cursor)
        own.set(method, { ...all, next: next.raw })
      return null
    },
  }
}

/** The cursor of the page after this one, as JSON text; null where it is the last. */
export function nextOf(result: string): string | null {
  const next = readJson(result).member('nextCursor')
  return next?.kind === 'string' ? next.raw : null
}
