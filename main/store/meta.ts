import type { State } from './state.ts'

/** Single values that a companion remembers, by name. */
export interface Meta {
  get(name: string): string | undefined
  set(name: string, value: string): void
}

export function openMeta(state: State): Meta {
  const read = state.prepare('SELECT value FROM meta WHERE key = ?')
  const write = state.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  )
  return {
    get(name) {
      const row = read.get(name)
      return row === undefined ? undefined : String(row.value)
    },
    set: (name, value) => state.transaction(() => void write.run(name, value)),
  }
}
