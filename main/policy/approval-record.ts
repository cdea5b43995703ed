import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { canonicalJson } from '../audit/canonical-json.ts'
import { isWarderError } from '../errors.ts'
import { approvedConfigSchema, type Config } from '../store/config-schema.ts'
import { openMeta } from '../store/meta.ts'
import type { State } from '../store/state.ts'
import type { SecretStore } from '../vault/store.ts'

/**
 * What was approved, as it lies in the state database: under a MAC whose key is in the vault, so that editing the
 * database widens nothing.
 *
 * A vault that forgets (memory, none) cannot keep that key. Its approvals carry no MAC and are only believed while no
 * lasting vault is in use: nothing outlives the process there that a forged approval could reach. A lasting vault never
 * believes what is not signed, and what it signed is neither believed nor overwritten without it (ADR 7).
 */
export interface ApprovalRecord {
  /** A lasting vault is in use and does not give its key: nothing can be checked or signed. */
  locked(): boolean
  /** Asks the vault for its key once more. @returns true where it gave it now */
  look(): Promise<boolean>
  /** As `look`, because a person acts: the vault may be written to, which can ask for its password. */
  unlock(): Promise<boolean>
  /** What was approved, as far as it can be believed: else nothing was. */
  load(): Config
  /** @throws WarderError `store.unwritable` */
  save(config: Config): void
}

const MAC_KEY = 'mac:approvals'
const PROBE = 'mac:probe'
const NOTHING: Config = approvedConfigSchema.parse({})

export async function openApprovalRecord(
  state: State,
  vault: SecretStore,
): Promise<ApprovalRecord> {
  const meta = openMeta(state)
  const stored = (name: string) => meta.get(name) ?? ''
  const lasting = vault.kind === 'keychain' || vault.kind === 'file'
  let key = lasting ? await macKey(vault) : null

  const sign = (signer: Buffer, text: string) =>
    createHmac('sha256', signer).update(text).digest('hex')

  function believed(text: string): boolean {
    const mac = stored('approved_config_mac')
    if (!lasting) return mac === ''
    return key !== null && equal(mac, sign(key, text))
  }

  return {
    locked: () => lasting && key === null,
    async look() {
      key = await macKey(vault)
      return key !== null
    },
    async unlock() {
      key = await macKey(vault, lostOrLocked)
      return key !== null
    },
    load() {
      const text = stored('approved_config')
      return text !== '' && believed(text) ? parse(text) : NOTHING
    },
    save(config) {
      if (lasting ? key === null : stored('approved_config_mac') !== '') return
      const text = canonicalJson(config)
      state.transaction(() => {
        meta.set('approved_config', text)
        meta.set('approved_config_mac', key === null ? '' : sign(key, text))
      })
    },
  }
}

/**
 * @param missing what to do where the key was stored and does not show
 * @returns null where the vault does not give it now
 */
async function macKey(
  vault: SecretStore,
  missing?: (vault: SecretStore) => Promise<string | null>,
): Promise<Buffer | null> {
  try {
    const found = await vault.get(MAC_KEY).catch((error) => {
      if (missing && isMissing(error)) return missing(vault)
      throw error
    })
    if (found !== null) return Buffer.from(found, 'base64url')
    const fresh = randomBytes(32)
    await vault.set(MAC_KEY, fresh.toString('base64url'))
    return fresh
  } catch (error) {
    // Locked, slow or broken: what was approved waits until the vault answers, and the rest of Warder works.
    if (isWarderError(error) && error.code.startsWith('vault.')) return null
    throw error
  }
}

/**
 * A locked vault refuses to write, or asks for its password. One that writes and still does not show the key has lost it:
 * with a new one the old approvals are void, and a person can approve again.
 */
async function lostOrLocked(vault: SecretStore): Promise<string | null> {
  await vault.set(PROBE, 'open')
  await vault.delete(PROBE)
  return vault.get(MAC_KEY).catch((error) => {
    if (isMissing(error)) return null
    throw error
  })
}

const isMissing = (error: unknown) =>
  isWarderError(error, 'vault.locked_or_missing', 'vault.damaged')

/** What an older or a later Warder wrote may not be readable: then nothing was approved. */
function parse(text: string): Config {
  try {
    return approvedConfigSchema.parse(JSON.parse(text))
  } catch {
    return NOTHING
  }
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
