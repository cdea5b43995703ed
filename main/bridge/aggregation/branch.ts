import type { WarderError } from '../../errors.ts'
import type { ServerDefinition } from '../../store/config-schema.ts'
import type { JsonNode } from '../json-scan.ts'
import type { Channel } from '../types.ts'

/** Which server a branch is of. */
export interface BranchPlace {
  readonly server: string
  /** The definition that it was begun with. */
  readonly definition: ServerDefinition
  /** Tells it apart from every other branch there ever was beside it. */
  readonly key: string
}

/** One server of several, reached by ordinary calls of the same client, and opened when the first of them needs it. */
export interface Branch extends BranchPlace {
  /** Since when it is being opened, on the bridge's clock; null where it is not. */
  readonly openingSince: number | null
  /** Resolves when the server has let itself be opened. @throws WarderError, and the next call tries again */
  opened(): Promise<void>
  /** Whether the server has said that it has this: `tools`, `logging`. Meaningless before it was opened. */
  offers(feature: string): boolean
  /** A request of ours, an ordinary call as well. @throws WarderError for an error and where no answer came */
  ask(method: string, params: string): Promise<JsonNode>
  readonly ended: boolean
  /** @param reason what calls under way are answered with; nothing where nobody waits for them any more */
  close(reason?: WarderError): Promise<void>
}

/** A branch that is a session, as its client has one. */
export interface SessionBranch extends Branch {
  /** Relays a message of the client; never rejects. */
  pass(text: string, channel: Channel): Promise<void>
}

/** A list is not worth a wait for a sign-in: what the server has is told when it can be. */
export const waitsForNobody = AbortSignal.abort()

/** Opens once, and again where that failed. */
export function onceOpened(
  now: () => number,
  open: () => Promise<void>,
): Pick<Branch, 'opened'> & { since(): number | null } {
  let opening: { readonly since: number; readonly done: Promise<void>; isOpen: boolean } | null =
    null
  return {
    since: () => (opening === null || opening.isOpen ? null : opening.since),
    opened() {
      if (opening !== null) return opening.done
      const begun = { since: now(), done: open(), isOpen: false }
      opening = begun
      begun.done.then(
        () => {
          begun.isOpen = true
        },
        () => {
          if (opening === begun) opening = null
        },
      )
      return begun.done
    },
  }
}
