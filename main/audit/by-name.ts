import type { State } from '../store/state.ts'

/**
 * Finds rows by who called and what was called. An index on every row would cost a call as much as the row itself, so what
 * is kept is which names have rows in which stretch of the log, and that is written many rows at a time: behind the calls,
 * or when somebody asks.
 */
export interface ByName {
  /** The log ends at this row now. */
  appended(last: number): void
  /** @returns where the rows of a name are found; null where none is given, or nothing can be written now */
  from(filter: NamedFilter): Named | null
}

/** Parts of a statement about `audit`. */
export interface Named {
  readonly tables: string
  readonly condition: string
  readonly value: string
  order(direction: 'ASC' | 'DESC'): string
  /** What spares the search the stretches without a row of this place in the log, or beyond. */
  bound(side: '<' | '>', seq: number): { readonly condition: string; readonly value: number }
}

interface NamedFilter {
  readonly client?: string | undefined
  readonly server?: string | undefined
}

/** Rows that are entered together; a call that meets it is held up by a third of a millisecond. */
const TOGETHER = 1_024

/** Rows of one stretch: so many are read at most for one that is looked for. */
const STRETCH = 64
const stretchOf = (seq: number) => Math.floor(seq / STRETCH)

export function openByName(state: State): ByName {
  const entered = state.prepare('SELECT upto FROM audit_named').get()
  const enter = (['client', 'server'] as const).map((name) =>
    state.prepare(`INSERT OR IGNORE INTO audit_stretch_${name} (${name}, stretch)
      SELECT DISTINCT ${name}, seq / ${STRETCH} FROM audit WHERE seq > ? AND seq <= ?`),
  )
  const move = state.prepare('UPDATE audit_named SET upto = ?')
  let upto = Number(entered?.upto ?? 0)
  let last = upto

  function catchUp(): void {
    if (upto === last) return
    const to = last
    state.transactionSoon(() => {
      for (const statement of enter) statement.run(upto, to)
      move.run(to)
    })
    upto = to
  }

  return {
    appended(seq) {
      last = seq
      if (last - upto < TOGETHER) return
      try {
        catchUp()
      } catch {
        // The rows are there; whoever looks for them by name tries again.
      }
    },
    from({ client, server }) {
      const value = client ?? server
      if (value === undefined) return null
      try {
        catchUp()
      } catch {
        return null
      }
      const name = client === undefined ? 'server' : 'client'
      return {
        // CROSS keeps the order: from the stretches to the rows, newest first, so that a limit ends the search.
        tables: `audit_stretch_${name} AS named CROSS JOIN audit
          ON audit.seq BETWEEN named.stretch * ${STRETCH} AND named.stretch * ${STRETCH} + ${STRETCH - 1}`,
        condition: `named.${name} = ? AND audit.${name} = named.${name}`,
        value,
        order: (direction) => `named.stretch ${direction}, audit.seq ${direction}`,
        bound: (side, seq) => ({ condition: `named.stretch ${side}= ?`, value: stretchOf(seq) }),
      }
    },
  }
}
