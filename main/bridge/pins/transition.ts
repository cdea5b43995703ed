import { limits } from '../limits.ts'
import type { Fault } from '../tool-lines.ts'
import type { Pin, PinTexts } from './store.ts'

/** One tool as its server lists it now. */
export interface Said {
  readonly server: string
  readonly tool: string
  readonly fingerprint: string
  /** In canonical JSON; null where it is too long to be kept. */
  readonly definition: string | null
  readonly faults: readonly Fault[]
  readonly notes: readonly string[]
}

/** `held` where it was in use or is seen for the first time, `held-again` where it waits already and differs anew. */
export interface Moved {
  readonly step: 'pinned' | 'held' | 'held-again' | 'returned'
  readonly pin: Pin
  readonly texts: PinTexts
  /** Whether clients may see it. */
  readonly listed: boolean
}

export type Next = Moved | { readonly step: 'same'; readonly listed: boolean }

/**
 * What becomes of a tool when its server lists it. Only a first list pins by itself, and only what has no fault and was not
 * seen before; what was approved comes back by itself, and all else waits for a person.
 *
 * @param texts what is kept of it
 * @param first the first list of the server has not ended yet
 * @param now milliseconds since the epoch
 */
export function whenListed(
  before: Pin | undefined,
  texts: () => PinTexts,
  said: Said,
  { first, now }: { first: boolean; now: number },
): Next {
  const pin = before ?? unknown(said)
  const isFinal = said.faults.some((fault) => fault.final)
  if (pin.approved.includes(said.fingerprint) && !isFinal) {
    if (pin.held === null) return { step: 'same', listed: true }
    const back = sized({ ...pin, ...NOTHING_HELD }, { ...texts(), heldContent: null })
    return { ...back, step: 'returned', listed: true }
  }
  if (first && said.faults.length === 0 && before === undefined) {
    const { notes } = said
    const approved = { approved: [said.fingerprint], approvedAt: now, byPerson: false }
    const noted = { notes, notedAt: notes.length > 0 ? now : null }
    const pinned = { ...pin, ...approved, ...noted, ...NOTHING_HELD }
    return {
      ...sized(pinned, { content: said.definition, heldContent: null }),
      step: 'pinned',
      listed: true,
    }
  }
  const faults = pin.approved.length > 0 || first ? said.faults : [...said.faults, NEW]
  const waits = pin.held === said.fingerprint
  if (waits && pin.faults.some((fault) => fault.final) === isFinal)
    return { step: 'same', listed: false }
  const held = { held: said.fingerprint, heldAt: now, faults, denied: waits && pin.denied }
  return {
    ...sized({ ...pin, ...held }, { ...texts(), heldContent: said.definition }),
    step: pin.held === null ? 'held' : 'held-again',
    listed: false,
  }
}

const NEW: Fault = { words: 'was not in the first list of its server', final: false }

/** A person has read what is held, or what is to be noted, and said yes. */
export function whenApproved(
  pin: Pin,
  texts: PinTexts,
  now: number,
): { pin: Pin; texts: PinTexts } {
  const seen = { ...pin, notes: [], notedAt: null, byPerson: true, approvedAt: now }
  if (pin.held === null) return sized(seen, texts)
  const versions = [...pin.approved.filter((one) => one !== pin.held), pin.held]
  const approved = versions.slice(-limits.approvedVersions)
  const inUse = { content: texts.heldContent, heldContent: null }
  return sized({ ...seen, approved, ...NOTHING_HELD }, inUse)
}

/** A person has said no: what is held stays so without asking again, and what was in use is held. */
export function whenDenied(pin: Pin, texts: PinTexts, now: number): { pin: Pin; texts: PinTexts } {
  if (pin.held !== null) return sized({ ...pin, denied: true }, texts)
  return withdrawn(pin, texts, { now, denied: true, words: 'was turned down by a person' })
}

/** What was in use is so no more. */
export function withdrawn(
  pin: Pin,
  { content }: PinTexts,
  { now, denied, words }: { now: number; denied: boolean; words: string },
): { pin: Pin; texts: PinTexts } {
  const held = pin.approved.at(-1) ?? null
  const none = { approved: [], approvedAt: null, byPerson: false, notes: [], notedAt: null }
  const faults = [{ words, final: false }]
  return sized(
    { ...pin, ...none, held, heldAt: now, faults, denied },
    { content: null, heldContent: content },
  )
}

const NOTHING_HELD = { held: null, heldAt: null, faults: [], denied: false } as const

const unknown = ({ server, tool }: Said): Pin => ({
  server,
  tool,
  approved: [],
  approvedAt: null,
  byPerson: false,
  notes: [],
  notedAt: null,
  ...NOTHING_HELD,
  size: 0,
})

const sized = (pin: Pin, texts: PinTexts) => ({
  pin: { ...pin, size: (texts.content?.length ?? 0) + (texts.heldContent?.length ?? 0) },
  texts,
})
