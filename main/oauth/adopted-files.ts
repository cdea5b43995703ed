import type { State } from '../store/state.ts'
import type { ForeignGrant } from './foreign-grant.ts'

/**
 * Which tokens of other programs Warder has taken over. They are spent, or shared with us: using them once more would, at
 * a provider that rotates, end the grant that came of them.
 */
export interface AdoptedFiles {
  /** @returns the grant's ID; null where the program has written since, and so has other tokens */
  grantOf(foreign: ForeignGrant): string | null
  remember(foreign: ForeignGrant, grant: string): void
}

export function createAdoptedFiles(state: State): AdoptedFiles {
  const one = state.prepare('SELECT grant_id FROM adopted_files WHERE id = ? AND written_at = ?')
  const put = state.prepare(
    'INSERT OR REPLACE INTO adopted_files (id, written_at, grant_id) VALUES (?, ?, ?)',
  )
  return {
    grantOf({ id, writtenAt }) {
      const row = one.get(id, writtenAt)
      return row === undefined ? null : String(row.grant_id)
    },
    remember: ({ id, writtenAt }, grant) =>
      state.transaction(() => void put.run(id, writtenAt, grant)),
  }
}
