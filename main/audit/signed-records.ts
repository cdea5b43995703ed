import { z } from 'zod'
import { isWarderError, WarderError } from '../errors.ts'
import type { State } from '../store/state.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { SecretStore } from '../vault/store.ts'
import { canonicalJson } from './canonical-json.ts'
import { createSigningKey, keyId, type SigningKey, sign, verify } from './signing.ts'

/** One version of a record, as it is signed: nothing in it is added or changed afterwards. */
export interface SignedRecord {
  readonly kind: string
  readonly id: string
  /** Counts the changes of the record, from 1. */
  readonly version: number
  /** What the signature is over, in its canonical form. */
  readonly document: string
  /** Null while the vault that has the key is locked. */
  readonly signature: string | null
  readonly key: string | null
}

/** Records that are signed as they change: receipts now, whatever else has to stand later. */
export interface SignedRecords {
  /** Keeps a new version where `content` changed, and signs it as soon as the vault gives the key. */
  keep(kind: string, id: string, content: unknown): void
  /** The newest version of each record of the kind, newest record first. */
  list(kind: string): SignedRecord[]
  /** Key id → public key (base64url), all that were ever used. */
  keys(): Readonly<Record<string, string>>
  /** Signs what waits. Resolves also where the vault is locked: then it waits on. */
  settle(): Promise<void>
  /** Why nothing could be signed at the last attempt, in a sentence; null where it could. */
  problem(): string | null
}

const KEY = 'signing-key'

export function createSignedRecords(options: {
  readonly state: State
  readonly vault: SecretStore
  readonly knownSecrets: KnownSecrets
  readonly clock: () => number
}): SignedRecords {
  const { state, vault, knownSecrets, clock } = options
  const newest = state.prepare(
    'SELECT * FROM signed_records WHERE kind = ? AND id = ? ORDER BY version DESC LIMIT 1',
  )
  const insert = state.prepare(
    'INSERT INTO signed_records (kind, id, version, content, document) VALUES (?, ?, ?, ?, ?)',
  )
  const listed = state.prepare(
    `SELECT *, max(version) FROM signed_records WHERE kind = ? GROUP BY id ORDER BY max(rowid) DESC`,
  )
  const unsigned = state.prepare(
    'SELECT kind, id, version, document FROM signed_records WHERE signature IS NULL',
  )
  const finish = state.prepare(
    'UPDATE signed_records SET signature = ?, key_id = ? WHERE kind = ? AND id = ? AND version = ?',
  )
  // What stood at first and what was vouched for last is proof; the steps in between are in the newest.
  const prune = state.prepare(
    `DELETE FROM signed_records WHERE kind = ?1 AND id = ?2
      AND version > (SELECT min(version) FROM signed_records WHERE kind = ?1 AND id = ?2)
      AND version < (SELECT coalesce(max(version), 0) FROM signed_records
        WHERE kind = ?1 AND id = ?2 AND signature IS NOT NULL)`,
  )
  const allKeys = state.prepare('SELECT id, public_key FROM signing_keys')
  const addKey = state.prepare(
    'INSERT OR IGNORE INTO signing_keys (id, public_key, made_at) VALUES (?, ?, ?)',
  )
  let running: Promise<void> = Promise.resolve()
  let problem: string | null = null

  /** Made at the first use; its public half is known before anything is signed with it. */
  async function key(): Promise<SigningKey> {
    const item = await vault.get(KEY)
    const held = item === null ? createSigningKey() : readKey(item)
    knownSecrets.add(KEY, held.privateKey)
    if (item === null) await vault.set(KEY, JSON.stringify(held))
    state.transaction(() => addKey.run(held.id, held.publicKey, clock()))
    return held
  }

  async function signWaiting(): Promise<void> {
    if (unsigned.get() === undefined) return
    const held = await key().catch((error: unknown) => {
      // Locked, damaged, or nowhere to store: the record stands unsigned until that is over.
      if (!isWarderError(error)) throw error
      problem = error.message
      return null
    })
    if (held === null) return
    problem = null
    state.transaction(() => {
      for (const row of unsigned.all()) {
        const signature = sign(JSON.parse(String(row.document)), held)
        finish.run(signature, held.id, String(row.kind), String(row.id), Number(row.version))
        prune.run(String(row.kind), String(row.id))
      }
    })
  }

  /** One at a time: two would make two keys. */
  function settle(): Promise<void> {
    running = running.then(signWaiting, signWaiting)
    return running
  }

  return {
    keep(kind, id, content) {
      const text = canonicalJson(content)
      state.transaction(() => {
        const before = newest.get(kind, id)
        if (before?.content === text) return
        const version = Number(before?.version ?? 0) + 1
        const at = new Date(clock()).toISOString()
        const document = canonicalJson({ kind, id, version, at, content })
        insert.run(kind, id, version, text, document)
      })
    },
    list: (kind) =>
      listed.all(kind).map((row) => ({
        kind,
        id: String(row.id),
        version: Number(row.version),
        document: String(row.document),
        signature: row.signature === null ? null : String(row.signature),
        key: row.key_id === null ? null : String(row.key_id),
      })),
    keys: () => Object.fromEntries(allKeys.all().map((row) => [row.id, row.public_key])),
    settle,
    problem: () => problem,
  }
}

const signingKey = z.object({ id: z.string(), publicKey: z.string(), privateKey: z.string() })

/** Nothing is signed that its own public key would not verify. @throws WarderError `vault.damaged` */
function readKey(item: string): SigningKey {
  try {
    const held = signingKey.parse(JSON.parse(item))
    const whole =
      held.id === keyId(held.publicKey) && verify(null, held.publicKey, sign(null, held))
    if (whole) return held
  } catch {
    // What is wrong with it may quote it.
  }
  throw new WarderError('vault.damaged', 'The key that signs records is damaged in the vault.')
}
