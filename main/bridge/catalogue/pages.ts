import { createLedger, type Ledger, type Room } from '../../runtime/budget.ts'
import type { RequestMessage, ResponseMessage } from '../envelope.ts'
import { withMembers, withoutMembers } from '../json-edit.ts'
import { readJson } from '../json-scan.ts'
import { bytesOf } from '../kept-text.ts'
import { limits } from '../limits.ts'

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
  readonly lines: readonly string[]
  readonly size: number
  readonly next: string
}

/** Puts the pages of a list together again, as its client turns them: half a list is nothing to remember. */
export interface Pages<Session extends object> {
  /** @returns the whole list as one page, once its last page is there */
  turn(session: Session, message: RequestMessage, answer: ResponseMessage): string | null
  /** The session has ended. */
  leave(session: Session): void
}

/** What is beyond is not remembered. */
export const MOST_PAGES = 64
const MOST_LINES = 20_000
/** What a line costs beside its characters. */
const LINE = 64

/** @param roomOf where counts what waits for its last page */
export function createPages<Session extends object>(
  roomOf: (session: Session) => Room,
): Pages<Session> {
  const begun = new WeakMap<Session, Map<string, Begun>>()
  const ledgers = new WeakMap<Session, Ledger>()

  function ledgerOf(session: Session): Ledger {
    const known = ledgers.get(session) ?? createLedger(roomOf(session))
    ledgers.set(session, known)
    return known
  }

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
      if (own.delete(method)) ledgerOf(session).set(method, 0)
      const first = before?.result ?? result.raw
      const all = before === undefined ? page : before.lines.concat(page)
      if (next === undefined || next.kind === 'null') {
        const whole = withMembers(readJson(first), { [member]: `[${all.join(',')}]` })
        return withoutMembers(readJson(whole), new Set(['nextCursor']))
      }
      const size = (before?.size ?? 0) + bytesOf(result.raw)
      const mayGoOn = all.length < MOST_LINES && size <= limits.listBytes && next.raw !== cursor
      if (mayGoOn && ledgerOf(session).set(method, size + all.length * LINE))
        own.set(method, { result: first, lines: all, size, next: next.raw })
      return null
    },
    leave(session) {
      ledgerOf(session).close()
      begun.delete(session)
    },
  }
}

/** The cursor of the page after this one, as JSON text; null where it is the last. */
export function nextOf(result: string): string | null {
  const next = readJson(result).member('nextCursor')
  return next?.kind === 'string' ? next.raw : null
}
