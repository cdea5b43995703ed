import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { isWarderError, toWarderError, WarderError } from '../errors.ts'
import { createEmitter, type Emitter } from '../events.ts'
import type { ConfigFile } from '../store/config-file.ts'
import { type Config, configSchema } from '../store/config-schema.ts'
import type { State } from '../store/state.ts'
import type { SecretStore } from '../vault/store.ts'
import { canonical, compare, type HeldChange } from './trust.ts'

/**
 * The configuration in force: what `config.json` says, as far as a person approved it. What was approved is kept in
 * the state database under a MAC whose key is in the vault, so that editing the database widens nothing.
 *
 * A vault that forgets (memory, none) cannot keep that key. Its approvals carry no MAC and are only believed while no
 * lasting vault is in use: nothing outlives the process there that a forged approval could reach.
 */
export interface ApprovedConfig {
  current(): Config
  /** What waits for a person, and since when (milliseconds since the epoch). */
  held(): readonly (HeldChange & { readonly since: number })[]
  /** The servers as the file has them, approved or not. */
  proposedServers(): Config['servers']
  /** Why the last edit of the file was refused, or null. */
  problem(): string | null
  /** Looks again at approvals that could not be checked because the vault was locked; that may ask for its password. */
  recheck(): Promise<void>
  /** Takes a held change in; the caller has asked a person. @throws WarderError `approval.unknown` where it is gone */
  approve(id: string): Promise<void>
  /** Puts the file back to what is in force for this change. @throws WarderError `approval.unknown` */
  deny(id: string): Promise<void>
  /** An edit that a person made through Warder: approved and written in one. @throws WarderError `config.*` */
  edit(change: (config: Config) => Config, write: (file: ConfigFile) => void): Promise<void>
  readonly events: Emitter<{ changed: [before: Config, after: Config] }>
  close(): void
}

const MAC_KEY = 'mac:approvals'
const EMPTY: Config = configSchema.parse({})

/** @throws WarderError `config.*` where the file is broken and there is no earlier configuration to stay with */
export async function openApprovedConfig(options: {
  file: ConfigFile
  state: State
  vault: SecretStore
  clock: () => number
}): Promise<ApprovedConfig> {
  const { file, state, vault, clock } = options
  const events = createEmitter<{ changed: [before: Config, after: Config] }>()
  const get = state.prepare('SELECT value FROM meta WHERE key = ?')
  const put = state.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  )
  let key = await macKey(vault)

  // Approvals that a lasting vault signed cannot be checked without it: they are neither believed nor overwritten.
  let keeps = key !== null || !get.get('approved_config_mac')?.value
  let approved = loadApproved()
  let problem: string | null = null
  let servers: Config['servers'] = {}
  const since = new Map<string, number>()
  let comparison = compare(approved, approved)
  adopt()

  function adopt(): void {
    const before = comparison.effective
    let proposed: Config
    try {
      proposed = file.read()
      problem = null
    } catch (error) {
      // A broken edit is refused whole and the old configuration stays in force.
      problem = toWarderError(error).message
      events.emit('changed', before, before)
      return
    }
    comparison = compare(approved, proposed)
    servers = proposed.servers
    const waited = new Map(since)
    since.clear()
    for (const { id } of comparison.held) since.set(id, waited.get(id) ?? clock())
    // What the file no longer asks for is no longer approved: asking again later is a new question.
    const kept = comparison.effective
    if (canonical(kept) !== canonical(approved)) saveApproved(kept)
    events.emit('changed', before, kept)
  }

  function loadApproved(): Config {
    const text = String(get.get('approved_config')?.value ?? '')
    if (text === '') return EMPTY
    const mac = String(get.get('approved_config_mac')?.value ?? '')
    const genuine = key === null ? mac === '' : equal(mac, sign(text))
    const parsed = genuine ? configSchema.safeParse(JSON.parse(text)) : undefined
    return parsed?.success ? parsed.data : EMPTY
  }

  function saveApproved(config: Config): void {
    const text = canonical(config)
    if (keeps)
      state.transaction(() => {
        put.run('approved_config', text)
        put.run('approved_config_mac', key === null ? '' : sign(text))
      })
    approved = config
  }

  function sign(text: string): string {
    return createHmac('sha256', key ?? '')
      .update(text)
      .digest('hex')
  }

  function find(id: string): HeldChange {
    const change = comparison.held.find((candidate) => candidate.id === id)
    if (change === undefined)
      throw new WarderError('approval.unknown', `Nothing waits under ${id}.`)
    return change
  }

  const stopWatching = file.watch(adopt)

  return {
    current: () => comparison.effective,
    held: () =>
      comparison.held.map((change) => ({ ...change, since: since.get(change.id) ?? clock() })),
    proposedServers: () => servers,
    problem: () => problem,
    async recheck() {
      if (keeps) return
      key = await macKey(vault)
      if (key === null) return
      keeps = true
      approved = loadApproved()
      adopt()
    },
    async approve(id) {
      saveApproved(find(id).approve(approved))
      adopt()
    },
    async deny(id) {
      const change = find(id)
      const { servers, clients, rules } = comparison.effective
      if (change.kind === 'server') file.set(['servers'], servers)
      else if (change.kind === 'client') file.set(['clients'], clients)
      else file.set(['rules'], rules)
      adopt()
    },
    async edit(change, write) {
      const before = approved
      saveApproved(change(approved))
      try {
        write(file)
      } catch (error) {
        saveApproved(before)
        throw error
      }
      adopt()
    },
    events,
    close: stopWatching,
  }
}

/** @returns null for a vault that cannot keep a key, or is locked */
async function macKey(vault: SecretStore): Promise<Buffer | null> {
  if (vault.kind === 'memory' || vault.kind === 'none') return null
  let stored: string | null
  try {
    stored = await vault.get(MAC_KEY)
  } catch (error) {
    if (isWarderError(error, 'vault.locked', 'vault.locked_or_missing', 'vault.timeout'))
      return null
    throw error
  }
  if (stored !== null) return Buffer.from(stored, 'base64url')
  const fresh = randomBytes(32)
  await vault.set(MAC_KEY, fresh.toString('base64url'))
  return fresh
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
