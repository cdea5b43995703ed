import { WarderError } from '../../errors.ts'
import type { Decision, Operation } from '../../policy/decide.ts'
import type { Ledger } from '../../runtime/budget.ts'
import { LISTS } from '../inspect.ts'
import { type JsonNode, splice } from '../json-scan.ts'
import { limits } from '../limits.ts'
import { decisionOf, operationOn } from '../operations.ts'
import type { ParkingTimer } from '../parking.ts'
import type { Branch } from './branch.ts'
import { LIST_NAMES, type ListName } from './bursts.ts'
import { shownName } from './names.ts'
import { createServerList, type ServerList } from './server-list.ts'

/** The lists of all servers as one: in the order of the servers' names, then in each server's own. */
export interface Lists {
  /**
   * One page as the text of a result. Lines are the servers' own bytes, but for the name of a tool or prompt.
   *
   * @param cursor one of ours, or undefined for the first page
   * @returns null for a cursor that is not, or is no longer, one of ours
   */
  page(method: string, cursor: string | undefined): Promise<string | null>
  of(branch: Branch, method: string): ServerList
  /** The server that has this name or URI, asked for anew only where nobody is known to have it. */
  owner(method: string, key: string): Promise<string | undefined>
  /** Every name or URI and its server, after those were asked whose list may have changed. */
  owners(method: string): Promise<ReadonlyMap<string, string>>
  /** These lists may have changed, at one server or at all. */
  stale(names: readonly ListName[], key?: string): void
}

export const isList = (method: string) => Object.hasOwn(LISTS, method)

/** A line of a list, and whose it is. */
interface Line {
  readonly branch: Branch
  readonly node: JsonNode
  readonly key: string
}

/** What did not fit on a page, under the tag of its cursors. */
interface Waiting {
  readonly tag: string
  readonly lines: readonly Line[]
  readonly weight: number
}

export function createLists(options: {
  /** The branches of all servers where the client may do anything, in the order of their names. */
  branches: () => readonly Branch[]
  /** Those that were ever asked for anything. */
  begun: () => readonly Branch[]
  decide: (server: string, operation: Operation) => Decision
  timer: ParkingTimer
  changed: (names: readonly ListName[]) => void
  /** Where counts what is kept of them. */
  ledger: Ledger
}): Lists {
  const { branches, begun, decide, timer, changed, ledger } = options
  const lists = new WeakMap<Branch, Map<string, ServerList>>()
  const known = new Map<string, ReadonlyMap<string, string>>()
  /** What did not fit on the first page; a client turns its pages soon or not at all. */
  const rest = new Map<string, Waiting>()
  let counter = 0

  function of(branch: Branch, method: string): ServerList {
    const own = lists.get(branch) ?? new Map<string, ServerList>()
    lists.set(branch, own)
    const found = own.get(method)
    if (found !== undefined) return found
    const created = createServerList({
      branch,
      method,
      timer,
      hold: (what, bytes) => ledger.set(`${what} ${branch.server} ${method}`, bytes),
      onLearned: () => known.delete(method),
      onLate: () => changed(LIST_NAMES.filter((name) => method.startsWith(name))),
    })
    own.set(method, created)
    return created
  }

  /** All lines there are; of two with the same name or URI the first server's. */
  async function gather(method: string, { member, name }: ListShape): Promise<Waiting> {
    const all = branches()
    const parts = await Promise.all(all.map((branch) => of(branch, method).lines()))
    const owners = ownersAmong(all, method)
    const taken = new Set<string>()
    const lines = all.flatMap((branch, index) =>
      (parts[index] ?? []).flatMap((node): Line[] => {
        const own = node.member(name)?.string()
        if (own === undefined) return []
        const key = member in PREFIXED ? shownName(branch.server, own) : own
        const theirs = !(member in PREFIXED) && owners.get(own) !== branch.server
        if (theirs || taken.has(key)) return []
        taken.add(key)
        return [{ branch, node, key }]
      }),
    )
    const weight = all.reduce((sum, branch) => sum + of(branch, method).weight(), 0)
    return { tag: String(++counter), lines, weight }
  }

  /** Nobody looks at what the servers answered any more. */
  function done(method: string): void {
    for (const branch of begun()) lists.get(branch)?.get(method)?.done()
  }

  /** Of two servers with the same the first, also while it does not answer. */
  function ownersAmong(all: readonly Branch[], method: string): ReadonlyMap<string, string> {
    const found = known.get(method)
    if (found !== undefined) return found
    const owners = new Map<string, string>()
    for (const branch of all)
      for (const key of of(branch, method).keys)
        if (!owners.has(key)) owners.set(key, branch.server)
    known.set(method, owners)
    return owners
  }

  async function owners(method: string): Promise<ReadonlyMap<string, string>> {
    const all = branches()
    const old = all.map((branch) => of(branch, method)).filter(({ fresh }) => !fresh)
    await Promise.all(old.map((list) => list.lines()))
    done(method)
    return ownersAmong(all, method)
  }

  function mayShow({ branch, node }: Line, { kind, name }: ListShape): boolean {
    const operation = operationOn(kind, node.member(name))
    return decisionOf({ operation }, (one) => decide(branch.server, one)).effect === 'allow'
  }

  function text({ node, key }: Line, { name, member }: ListShape): string {
    const span = node.member(name)
    if (!(member in PREFIXED) || span === undefined) return node.raw
    const [start, end] = [span.start - node.start, span.end - node.start]
    return splice(node.raw, [{ start, end, text: JSON.stringify(key) }])
  }

  return {
    async page(method, cursor) {
      const shape = shapeOf(method)
      let waiting = rest.get(method)
      if (cursor === undefined) waiting = await gather(method, shape)
      if (cursor === undefined) done(method)
      const { tag, at: from } =
        cursor === undefined ? { tag: waiting?.tag, at: 0 } : readCursor(cursor)
      if (waiting === undefined || waiting.tag !== tag) return null
      const shown: string[] = []
      let at = from
      for (let bytes = 0; at < waiting.lines.length && bytes < limits.pageBytes; at++) {
        const line = waiting.lines[at]
        // What was kept, or waited for its page, is decided about again: the same function, asked now.
        if (line === undefined || !mayShow(line, shape)) continue
        const one = text(line, shape)
        shown.push(one)
        bytes += one.length
      }
      const lines = `{"${shape.member}":[${shown.join(',')}]`
      if (at >= waiting.lines.length) {
        rest.delete(method)
        ledger.set(`rest ${method}`, 0)
        return `${lines}}`
      }
      if (!ledger.set(`rest ${method}`, waiting.weight)) {
        rest.delete(method)
        throw new WarderError('bridge.busy', 'There is no room to keep the rest of this list.')
      }
      rest.set(method, waiting)
      return `${lines},"nextCursor":"${writeCursor(waiting.tag, at)}"}`
    },
    of,
    async owner(method, key) {
      return known.get(method)?.get(key) ?? (await owners(method)).get(key)
    },
    owners,
    stale(names, key) {
      // Another server may be the first one now.
      if (key === undefined) known.clear()
      for (const branch of begun())
        if (key === undefined || branch.key === key)
          for (const [method, list] of lists.get(branch) ?? [])
            if (names.some((name) => method.startsWith(name))) list.stale()
    },
  }
}

type ListShape = (typeof LISTS)[string]

/** The members whose lines get the server's name in front. */
const PREFIXED = { tools: true, prompts: true }

function shapeOf(method: string): ListShape {
  const shape = LISTS[method]
  if (shape === undefined) throw new Error('not a list')
  return shape
}

const writeCursor = (tag: string, at: number) => Buffer.from(`${tag}.${at}`).toString('base64url')

function readCursor(cursor: string): { tag: string | null; at: number } {
  const [, tag = null, at] =
    /^(\d+)\.(\d+)$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? []
  return { tag, at: Number(at) }
}
