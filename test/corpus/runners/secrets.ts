import { z } from 'zod'
import { createMask } from '../../../main/audit/mask.ts'
import { redactValue } from '../../../main/audit/redact.ts'
import { createKnownSecrets } from '../../../main/vault/known-secrets.ts'
import type { Outcome } from '../corpus.ts'

export const entrySchema = z.looseObject({
  id: z.string(),
  input: z.unknown(),
  secrets: z.array(z.string()),
  must_keep: z.array(z.string()).default([]),
  expect: z.enum(['redact', 'keep', 'best-effort', 'redact-or-drop-blob', 'redact-if-live-secret']),
  context: z.unknown().optional(),
})

type Entry = z.output<typeof entrySchema>

const contextSchema = z.object({ live_secrets: z.array(z.string()) })

export async function run(entries: readonly unknown[]): Promise<Outcome[]> {
  return entries.map((raw) => {
    const { id } = raw as { id: string }
    const parsed = entrySchema.safeParse(raw)
    const reason = parsed.success ? failure(parsed.data) : 'cannot be run: it is of another form'
    return reason === undefined ? { id, passed: true } : { id, passed: false, reason }
  })
}

function failure(entry: Entry): string | undefined {
  const after = redacted(entry)
  const before = JSON.stringify(entry.input)
  if (entry.expect === 'keep') return after === before ? undefined : 'was changed'
  const lost = entry.must_keep.find((part) => !holds(after, part))
  if (lost !== undefined) return 'lost what has to stay'
  // What nobody can promise is only promised not to harm; `quick.test.ts` says which of them are found.
  if (entry.expect === 'best-effort') return undefined
  return entry.secrets.some((secret) => holds(after, secret)) ? 'still holds a secret' : undefined
}

/** The input as the audit log and every report would have it. */
export function redacted({ input, context }: Entry): string {
  const knownSecrets = createKnownSecrets()
  for (const secret of contextSchema.safeParse(context).data?.live_secrets ?? [])
    knownSecrets.add('corpus', secret)
  return JSON.stringify(redactValue(input, createMask(knownSecrets)))
}

export const holds = (json: string, text: string): boolean =>
  json.includes(text) || json.includes(JSON.stringify(text).slice(1, -1))
