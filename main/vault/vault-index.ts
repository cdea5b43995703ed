import type { State } from '../store/state.ts'

/**
 * What a vault was given, kept outside of it: a keychain cannot tell "never stored" from "locked". A row is written
 * before its item and removed after it, so whatever exists is listed, however a process ends.
 */
export interface VaultIndex {
  has(key: string): boolean
  /** On disk when it returns, all of them or none. */
  add(keys: readonly string[]): void
  remove(keys: readonly string[]): void
  /** The listed names that begin with `prefix`. */
  startingWith(prefix: string): string[]
}

/** @param clock milliseconds since the epoch */
export function createVaultIndex(
  state: State,
  vault: 'keychain' | 'file',
  clock: () => number,
): VaultIndex {
  const has = state.prepare('SELECT 1 FROM vault_index WHERE vault = ? AND key = ?')
  const add = state.prepare(
    'INSERT INTO vault_index (vault, key, written_at) VALUES (?1, ?2, ?3)' +
      ' ON CONFLICT (vault, key) DO UPDATE SET written_at = ?3',
  )
  const remove = state.prepare('DELETE FROM vault_index WHERE vault = ? AND key = ?')
  const startingWith = state.prepare(
    'SELECT key FROM vault_index WHERE vault = ?1 AND substr(key, 1, length(?2)) = ?2 ORDER BY key',
  )
  return {
    has: (key) => has.get(vault, key) !== undefined,
    add: (keys) =>
      state.transaction(() => {
        for (const key of keys) add.run(vault, key, clock())
      }),
    remove: (keys) =>
      state.transaction(() => {
        for (const key of keys) remove.run(vault, key)
      }),
    startingWith: (prefix) => startingWith.all(vault, prefix).map((row) => String(row.key)),
  }
}
