import { z } from 'zod'
import { ruleSchema } from '../../store/config-schema.ts'
import type { SecretStore } from '../../vault/store.ts'
import { wiringClient } from '../clients/index.ts'
import { clientIds } from '../types.ts'
import type { FileWayBack } from './files.ts'

/** What an adoption did, as far as it has to be undone. It holds credentials, so all of it lies in the vault. */
const recordSchema = z.object({
  id: z.string(),
  /** RFC 3339. */
  at: z.string(),
  /** By name: a hash of the definition as it was added, and the secrets that came with it. */
  servers: z.record(z.string(), z.object({ definition: z.string(), secrets: z.array(z.string()) })),
  clients: z.array(z.string()),
  rules: z.array(ruleSchema),
  /** Modes of files, before and after. */
  rights: z.array(z.object({ file: z.string(), was: z.number(), now: z.number() })).default([]),
  files: z.array(
    z
      .object({
        client: z.enum(clientIds),
        scope: z.enum(['user', 'project']).default('user'),
        file: z.string(),
        was: z.string(),
        written: z.string(),
        patches: z.array(z.object({ at: z.number(), removed: z.string(), added: z.string() })),
        // By name alone in records of earlier versions, which knew one place in each file.
        entries: z.union([
          z.array(z.object({ at: z.array(z.string()), entry: z.unknown() })),
          z.record(z.string(), z.unknown()),
        ]),
        wired: z.boolean(),
      })
      .transform(({ entries, ...file }) => ({
        ...file,
        entries: Array.isArray(entries)
          ? entries
          : Object.entries(entries).map(([name, entry]) => ({
              at: [...wiringClient(file.client).servers, name],
              entry,
            })),
      })),
  ),
})

export type AdoptionRecord = Omit<z.output<typeof recordSchema>, 'files'> & {
  readonly files: readonly FileWayBack[]
}

export interface AdoptionRecords {
  /** @throws WarderError `vault.*`, `secret.invalid` where it is more than a vault takes */
  keep(record: AdoptionRecord): Promise<void>
  /** The one that is undone next; null where there is none. @throws WarderError `vault.*` */
  last(): Promise<AdoptionRecord | null>
  forget(record: AdoptionRecord): Promise<void>
}

const INDEX = 'adoptions'

/** A file each, since a vault's items are small. */
export function createAdoptionRecords(vault: SecretStore): AdoptionRecords {
  const key = (id: string) => `adoption:${id}`
  const fileKey = (id: string, index: number) => `adoption:${id}:${index}`

  async function ids(): Promise<string[]> {
    const text = await vault.get(INDEX)
    return text === null ? [] : z.array(z.string()).parse(JSON.parse(text))
  }

  return {
    async keep({ files, ...record }) {
      for (const [index, file] of files.entries())
        await vault.set(fileKey(record.id, index), JSON.stringify(file))
      await vault.set(key(record.id), JSON.stringify({ ...record, files: files.length }))
      await vault.set(INDEX, JSON.stringify([...(await ids()), record.id]))
    },
    async last() {
      const id = (await ids()).at(-1)
      const text = id === undefined ? null : await vault.get(key(id))
      if (id === undefined || text === null) return null
      const { files, ...record } = JSON.parse(text) as { files: number }
      const all: unknown[] = []
      for (let index = 0; index < files; index++)
        all.push(JSON.parse((await vault.get(fileKey(id, index))) ?? 'null'))
      return recordSchema.parse({ ...record, files: all })
    },
    async forget({ id, files }) {
      const left = (await ids()).filter((other) => other !== id)
      if (left.length === 0) await vault.delete(INDEX)
      else await vault.set(INDEX, JSON.stringify(left))
      await vault.delete(key(id))
      for (const index of files.keys()) await vault.delete(fileKey(id, index))
    },
  }
}
