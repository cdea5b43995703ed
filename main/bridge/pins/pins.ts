import { createHash } from 'node:crypto'
import type { Mask } from '../../audit/mask.ts'
import { WarderError } from '../../errors.ts'
import { createEmitter, type Emitter } from '../../events.ts'
import type { PinWord } from '../../policy/decide.ts'
import { type JsonNode, readJson } from '../json-scan.ts'
import { limits } from '../limits.ts'
import { maskJson } from '../mask-json.ts'
import { type Fault, faultsAmong, faultsIn } from '../tool-lines.ts'
import { wellFormed } from '../well-formed.ts'
import { definitionOf, fingerprint } from './fingerprint.ts'
import { createShadows } from './shadows.ts'
import type { Pin, PinnedServer, PinStore, PinTexts } from './store.ts'
import { suspicions } from './suspicion.ts'
import {
  type Moved,
  type Next,
  type Said,
  whenApproved,
  whenDenied,
  whenListed,
  withdrawn,
} from './transition.ts'

/**
 * What the tools of every server said of themselves when they were taken into use (ADR 22). Lists are held against it when
 * they come in; a call costs one look into a map.
 */
export interface Pins {
  /**
   * A list as the server has it now, held against the pins step by step: one that is long and new costs a second of work.
   * @param result the answer that the lines are of
   * @returns makes a step each time it is asked, the last with the lines that clients may see
   * @throws WarderError `store.unwritable`
   */
  listed(
    server: string,
    lines: readonly JsonNode[],
    result: JsonNode,
  ): Iterator<void, readonly JsonNode[]>
  /** A list from memory: the lines of it that clients may still see. */
  recalled(server: string, lines: readonly JsonNode[]): JsonNode[]
  /** What was said of a tool last. */
  word(server: string, tool: string): PinWord
  /** What waits for a person, in the order of servers and tools. */
  waiting(): PinQuestion[]
  /** A question by its id, one that was denied too; undefined where there is none (any more). */
  question(id: string): PinQuestion | undefined
  /** Every tool of a server that is known; without id where a person has nothing to say about it. */
  toolsOf(server: string): { readonly pin: Pin; readonly id: string | null }[]
  texts(pin: Pin): PinTexts
  /** The caller has asked a person. @throws WarderError `approval.unknown`, `approval.impossible`, `store.unwritable` */
  approve(id: string): void
  /** @throws WarderError `approval.unknown`, `store.unwritable` */
  deny(id: string): void
  /** The server is gone. */
  forget(server: string): void
  /** There are other servers than before: a name may imitate one of them now. */
  serversChanged(): void
  readonly events: Emitter<{
    /** Clients of the server may see other tools than before. */
    changed: [server: string]
    /** Other questions wait for a person. */
    waiting: []
  }>
}

/** One tool that a person has to look at. */
export interface PinQuestion {
  /** Stable for this version of the tool, so that an answer cannot slip onto another one. */
  readonly id: string
  readonly pin: Pin
}

/** What the audit is told. */
export interface PinNote {
  readonly what: 'held' | 'returned' | 'noted' | 'approved' | 'denied'
  readonly server: string
  readonly tool: string
  readonly why: string
}

/** One step reads so many characters of a list, or writes so many tools. */
const STEP = 256 * 1024
const STEP_TOOLS = 256

/** Rows that one list may cause; a hostile server could have any number of tools. */
const MOST_NOTES = 64
/** Lists of one server (pages, too) that are known to hold nothing new. */
const MOST_DIGESTS = 64

export function createPins(options: {
  store: PinStore
  clock: () => number
  mask: Mask
  /** Names of the servers there are. */
  servers: () => readonly string[]
  note: (note: PinNote) => void
}): Pins {
  const { store, clock, mask, note } = options
  const events: Pins['events'] = createEmitter()
  const pins = new Map<string, Map<string, Pin>>()
  const states = store.servers()
  /** Digests of lists of which every line may be seen; let go with any change of a pin. */
  const unchanged = new Map<string, Set<string>>()
  /** Grows with every change of a pin: between two steps of a list anything may happen. */
  let changes = 0
  /** How often each server was removed. */
  const forgotten = new Map<string, number>()
  const shadows = createShadows({ servers: options.servers, pins: () => all() })
  for (const pin of store.all()) keep(pin)

  function* all(): Generator<Pin> {
    for (const own of pins.values()) yield* own.values()
  }

  function keep(pin: Pin): void {
    const own = pins.get(pin.server) ?? new Map<string, Pin>()
    pins.set(pin.server, own.set(pin.tool, pin))
    unchanged.delete(pin.server)
    changes++
    shadows.stale()
  }

  /** As it is shown to clients and kept: without any value of the vault. */
  function shown(line: JsonNode): JsonNode {
    const { text } = maskJson(wellFormed(line.raw), mask)
    return text === line.raw ? line : readJson(text)
  }

  /** What a line says by itself, whatever was pinned. */
  function read(line: JsonNode, faults: readonly Fault[], approved: readonly string[]): Read {
    const readable = line.end - line.start <= limits.toolBytes
    const definition = readable ? definitionOf(line) : null
    const print = fingerprint(definition ?? line.raw)
    const known = approved.includes(print)
    const notes = readable && !known ? suspicions(line) : null
    return { line, faults, definition, print, notes }
  }

  function saidBy(pin: Pick<Pin, 'server' | 'tool' | 'approved'>, read: Read): Said {
    const { server, tool, approved } = pin
    const { line, definition, print, faults } = read
    const known = approved.includes(print)
    return {
      server,
      tool,
      fingerprint: print,
      definition,
      faults: known ? faults : [...faults, ...shadows.of(server, tool)],
      notes: known || definition === null ? [] : (read.notes ?? suspicions(line)),
    }
  }

  /** Where its first list stands; told apart from later ones, which pin nothing by themselves. */
  function stateOf(server: string): PinnedServer & { readonly first: boolean } {
    const state = states.get(server) ?? { begunAt: clock(), whole: false }
    return { ...state, first: !state.whole && clock() - state.begunAt < limits.firstListMs }
  }

  /** @returns null for a tool that there is no room for: it is withheld, and nothing of it is kept */
  function next(server: string, read: Read, counts: Counts, first: boolean): Next | null {
    const { line } = read
    const tool = line.member('name')?.string()
    if (tool === undefined || tool.length > MOST_OF_A_NAME) return null
    const before = pins.get(server)?.get(tool)
    const fits = counts.units + line.end - line.start <= limits.pinnedBytes
    if (before === undefined && (!fits || counts.tools >= limits.pinnedTools)) return null
    const said = saidBy(before ?? { server, tool, approved: [] }, read)
    const isKept = before?.approved.includes(said.fingerprint) || before?.held === said.fingerprint
    const bounded =
      fits || isKept ? said : { ...said, definition: null, faults: [...said.faults, TOO_MUCH] }
    const texts = () => (before ? textsOf(before) : NO_TEXTS)
    const found = whenListed(before, texts, bounded, { first, now: clock() })
    const isMore = before === undefined && !found.listed
    return isMore && counts.held >= limits.heldTools ? null : found
  }

  function* digestOf(text: string): Generator<void, string> {
    if (text.length <= STEP) return fingerprint(text)
    const hash = createHash('sha256')
    for (let at = 0; at < text.length; at += STEP) {
      // Each code unit as it is: in UTF-8 both halves of a character would read the same as those of another.
      hash.update(text.slice(at, at + STEP), 'utf16le')
      yield
    }
    return hash.digest('hex')
  }

  /** What every line says, without any value of the vault. */
  function* readAll(server: string, lines: readonly JsonNode[]): Generator<void, Read[]> {
    const own: JsonNode[] = []
    let left = STEP
    for (const line of lines) {
      own.push(shown(line))
      left -= line.end - line.start
      if (left > 0) continue
      left = STEP
      yield
    }
    const faultsOf = faultsAmong(own)
    const all: Read[] = []
    for (const [index, line] of own.entries()) {
      const tool = line.member('name')?.string() ?? ''
      const approved = pins.get(server)?.get(tool)?.approved ?? []
      all.push(read(line, faultsOf(line, index), approved))
      left -= line.end - line.start
      if (left > 0) continue
      left = STEP
      yield
    }
    return all
  }

  function* listed(
    server: string,
    lines: readonly JsonNode[],
    result: JsonNode,
  ): Generator<void, readonly JsonNode[]> {
    const before = forgotten.get(server)
    const digest = yield* digestOf(result.raw)
    if (unchanged.get(server)?.has(digest)) return [...lines]
    const all = yield* readAll(server, lines)
    const last = result.member('nextCursor')?.kind !== 'string'
    const kept: JsonNode[] = []
    let notes = MOST_NOTES
    let own = changes
    let isAlone = true
    for (let from = 0; ; from += STEP_TOOLS) {
      // A server that was removed meanwhile is nobody's; a list of before is not pinned for the next one of its name.
      if (forgotten.get(server) !== before) return []
      isAlone &&= changes === own
      const some = all.slice(from, from + STEP_TOOLS)
      const isEnd = from + STEP_TOOLS >= all.length
      const { begunAt, first } = stateOf(server)
      const counts = countsOf(pins.get(server))
      const steps: Moved[] = []
      for (const [index, read] of some.entries()) {
        const found = next(server, read, counts, first)
        if (!found) continue
        if (found.step !== 'same') {
          steps.push(found)
          counts.add(pins.get(server)?.get(found.pin.tool), found.pin)
        }
        const line = lines[from + index]
        if (found.listed && line !== undefined) kept.push(line)
      }
      // Before anything was pinned, nothing has begun: a server may have no tools until somebody signs in.
      const begun = hasPins(server) || steps.some(({ step }) => step === 'pinned')
      notes = apply(
        server,
        steps,
        begun ? { begunAt, whole: !first || (isEnd && last) } : null,
        notes,
      )
      own = changes
      if (isEnd) break
      yield
    }
    if (kept.length === lines.length && isAlone) {
      const digests = unchanged.get(server) ?? new Set()
      if (digests.size < MOST_DIGESTS) unchanged.set(server, digests.add(digest))
    }
    return kept
  }

  const hasPins = (server: string) =>
    [...(pins.get(server)?.values() ?? [])].some(({ approved }) => approved.length > 0)

  /** @param most rows that it may cause @returns how many it may cause after */
  function apply(
    server: string,
    steps: readonly Moved[],
    state: PinnedServer | null,
    most: number,
  ): number {
    const moved = JSON.stringify(state ?? states.get(server)) !== JSON.stringify(states.get(server))
    if (steps.length === 0 && !moved) return most
    store.transaction(() => {
      for (const { pin, texts } of steps) store.put(pin, texts)
      if (state !== null && moved) store.putServer(server, state)
    })
    if (state !== null) states.set(server, state)
    const taken = steps.some(
      ({ pin, step }) =>
        step === 'held' && (pins.get(server)?.get(pin.tool)?.approved.length ?? 0) > 0,
    )
    for (const { pin } of steps) keep(pin)
    const notes = steps.flatMap(noteOf)
    for (const one of notes.slice(0, most)) note(one)
    if (taken) events.emit('changed', server)
    if (steps.some(({ pin, step }) => step !== 'pinned' || pin.notes.length > 0))
      events.emit('waiting')
    return Math.max(0, most - notes.length)
  }

  function put(pin: Pin, texts: PinTexts): void {
    store.transaction(() => store.put(pin, texts))
    const before = pins.get(pin.server)?.get(pin.tool)
    keep(pin)
    // What was held and stays so looks the same to clients.
    if (before?.held === null || pin.held === null) events.emit('changed', pin.server)
    events.emit('waiting')
  }

  function* questions(): Generator<PinQuestion> {
    for (const pin of all()) {
      const id = idOf(pin)
      if (id !== null) yield { id, pin }
    }
  }

  function question(id: string): PinQuestion | undefined {
    for (const found of questions()) if (found.id === id) return found
    return undefined
  }

  function asked(id: string): { readonly pin: Pin; readonly texts: PinTexts } {
    const pin = question(id)?.pin
    if (pin === undefined) throw new WarderError('approval.unknown', `Nothing waits under ${id}.`)
    return { pin, texts: textsOf(pin) }
  }

  const textsOf = ({ server, tool }: Pin) => store.texts(server, tool)

  return {
    listed,
    recalled(server, lines) {
      const own = lines.map(shown)
      const faults = faultsIn(own)
      return lines.filter((_, index) => {
        const line = own[index]
        const tool = line?.member('name')?.string()
        if (line === undefined || tool === undefined) return false
        if (faults[index]?.some((fault) => fault.final)) return false
        return pins
          .get(server)
          ?.get(tool)
          ?.approved.includes(fingerprint(definitionOf(line)))
      })
    },
    word(server, tool) {
      const pin = pins.get(server)?.get(tool)
      if (pin === undefined) return 'unknown'
      return pin.held === null ? 'approved' : 'held'
    },
    waiting: () =>
      [...questions()]
        .filter(({ pin }) => !pin.denied)
        .sort((a, b) => (nameOf(a.pin) < nameOf(b.pin) ? -1 : 1)),
    toolsOf: (server) =>
      [...(pins.get(server)?.values() ?? [])]
        .sort((a, b) => (a.tool < b.tool ? -1 : 1))
        .map((pin) => ({ pin, id: idOf(pin) })),
    question,
    texts: textsOf,
    approve(id) {
      const { pin, texts } = asked(id)
      const cannot = pin.faults.find((fault) => fault.final)
      if (cannot !== undefined)
        throw new WarderError(
          'approval.impossible',
          `A tool of ${pin.server} cannot be approved: it ${cannot.words}.`,
        )
      const found = whenApproved(pin, texts, clock())
      put(found.pin, found.texts)
      note({ ...pin, what: 'approved', why: whyOf(pin) })
    },
    deny(id) {
      const { pin, texts } = asked(id)
      const found = whenDenied(pin, texts, clock())
      put(found.pin, found.texts)
      note({ ...pin, what: 'denied', why: whyOf(pin) })
    },
    forget(server) {
      forgotten.set(server, (forgotten.get(server) ?? 0) + 1)
      if (!pins.has(server) && !states.has(server)) return
      store.transaction(() => store.forget(server))
      pins.delete(server)
      states.delete(server)
      unchanged.delete(server)
      shadows.stale()
      events.emit('waiting')
    },
    serversChanged() {
      for (const pin of [...all()]) {
        const words =
          pin.byPerson || pin.held !== null ? null : shadows.prefix(pin.server, pin.tool)
        if (words === null) continue
        const texts = store.texts(pin.server, pin.tool)
        const found = withdrawn(pin, texts, { now: clock(), denied: false, words })
        put(found.pin, found.texts)
        note({ ...pin, what: 'held', why: whyOf(found.pin) })
      }
    },
    events,
  }
}

/** Longer ones are withheld without a record. */
const MOST_OF_A_NAME = 256
const NO_TEXTS: PinTexts = { content: null, heldContent: null }
const TOO_MUCH: Fault = { words: 'is too much to be kept beside its other tools', final: true }

interface Read {
  readonly line: JsonNode
  readonly faults: readonly Fault[]
  /** Null where it is too long to be read. */
  readonly definition: string | null
  readonly print: string
  /** Null where nobody needed them when it was read. */
  readonly notes: readonly string[] | null
}

interface Counts {
  tools: number
  held: number
  units: number
  add(before: Pin | undefined, after: Pin): void
}

function countsOf(own: ReadonlyMap<string, Pin> = new Map()): Counts {
  const counts: Counts = {
    tools: 0,
    held: 0,
    units: 0,
    add(before, after) {
      if (before === undefined) counts.tools++
      counts.held += (after.held === null ? 0 : 1) - (before?.held ? 1 : 0)
      counts.units += after.size - (before?.size ?? 0)
    },
  }
  for (const pin of own.values()) counts.add(undefined, pin)
  return counts
}

/** Null where a person has nothing to say about it. */
function idOf({ server, tool, held, notes, approved }: Pin): string | null {
  if (held === null && notes.length === 0) return null
  const about = held === null ? ['noted', approved.at(-1)] : ['held', held]
  const content = JSON.stringify(['tool', server, tool, ...about])
  return createHash('sha256').update(content).digest('hex').slice(0, 16)
}

function noteOf({ pin, step }: Moved): PinNote[] {
  const { server, tool } = pin
  if (step === 'held' || step === 'returned')
    return [
      { what: step, server, tool, why: step === 'held' ? whyOf(pin) : 'is as approved again' },
    ]
  if (step === 'pinned' && pin.notes.length > 0)
    return [{ what: 'noted', server, tool, why: whyOf(pin) }]
  return []
}

/** In one line, why a person is asked. */
function whyOf({ held, approved, faults, notes }: Pin): string {
  if (held === null) return notes.join(', ')
  const changed = approved.length > 0 ? ['changed since it was taken into use'] : []
  return [...changed, ...faults.map(({ words }) => words)].join(', ')
}

const nameOf = ({ server, tool }: Pin) => `${server} ${tool}`
