import { checkKey, checkValue } from './input.ts'
import type { SecretStore } from './store.ts'

/** Nothing is written anywhere: what it holds is forgotten when the process ends. */
export function createMemoryStore(): SecretStore {
  const values = new Map<string, string>()
  return {
    kind: 'memory',
    status: async () => ({
      state: 'available',
      why: 'Everything is kept in memory and forgotten when Warder ends.',
    }),
    async get(key) {
      checkKey(key)
      return values.get(key) ?? null
    },
    async set(key, value) {
      checkKey(key)
      checkValue(value)
      values.set(key, value)
    },
    async delete(key) {
      checkKey(key)
      values.delete(key)
    },
    close: async () => values.clear(),
  }
}
