import { canonicalJson } from '../audit/canonical-json.ts'
import { toWarderError, WarderError } from '../errors.ts'
import { createEmitter, type Emitter } from '../events.ts'
import type { ConfigFile } from '../store/config-file.ts'
import type { Config } from '../store/config-schema.ts'
import type { State } from '../store/state.ts'
import type { SecretStore } from '../vault/store.ts'
import { openApprovalRecord } from './approval-record.ts'
import { compare, type HeldChange, sameRule, unpinned } from './trust.ts'

/** The configuration in force: what `config.json` says, as far as a person approved it. */
export interface ApprovedConfig {
  current(): Config
  /** What waits for a person, and since when (milliseconds since the epoch). */
  held(): readonly (HeldChange & { readonly since: number })[]
  /** The servers as the file has them, approved or not. */
  proposedServers(): Config['servers']
  /** Why the last edit of the file was refused, or null. */
  problem(): string | null
  /** Looks again at approvals that could not be checked because the vault was locked. */
  recheck(): Promise<void>
  /**
   * Takes a held change in; the caller has asked a person.
   * @throws WarderError `approval.unknown` where it is gone, `vault.locked` where it could not be signed, `store.unwritable`
   */
  approve(id: string): Promise<void>
  /** Puts the file back to what is in force for this change. @throws WarderError `approval.unknown`, `config.*` */
  deny(id: string): Promise<void>
  /**
   * An edit that a person made through Warder: approved and written in one.
   * @throws WarderError `config.*`, `store.unwritable`, and `vault.locked` where it widens and could not be signed
   */
  edit(change: (config: Config) => Config, write: (file: ConfigFile) => void): Promise<void>
  readonly events: Emitter<{ changed: [before: Config, after: Config] }>
  close(): void
}

/** A file that is broken from the start leaves in force what was approved before, and says so in `problem`. */
export async function openApprovedConfig(options: {
  file: ConfigFile
  state: State
  vault: SecretStore
  clock: () => number
}): Promise<ApprovedConfig> {
  const { file, state, vault, clock } = options
  const events = createEmitter<{ changed: [before: Config, after: Config] }>()
  const record = await openApprovalRecord(state, vault)

  let approved = record.load()
  let saved = canonicalJson(approved)
  let proposed = approved
  let problem: string | null = null
  let comparison = compare(approved, proposed)
  let checking: Promise<void> | undefined
  const since = new Map<string, number>()

  // Watched first: what is written while it is read is seen again.
  const stopWatching = file.watch(adopt)
  adopt()

  /** Reads the file. A broken edit is refused whole: what the file said before stays. */
  function adopt(): void {
    try {
      proposed = file.read()
      problem = null
    } catch (error) {
      problem = toWarderError(error).message
    }
    enforce()
  }

  function enforce(): void {
    const before = comparison.effective
    comparison = compare(approved, proposed)
    const waited = new Map(since)
    since.clear()
    for (const { id } of comparison.held) since.set(id, waited.get(id) ?? clock())
    // What the file no longer asks for is no longer approved: asking again later is a new question.
    approved = comparison.effective
    try {
      save(approved)
    } catch (error) {
      // It holds in this process, and is written with the next change that can be.
      problem ??= toWarderError(error).message
    }
    events.emit('changed', before, approved)
  }

  function save(config: Config): void {
    const text = canonicalJson(config)
    if (text === saved) return
    record.save(config)
    saved = text
  }

  function find(id: string): HeldChange {
    const change = comparison.held.find((candidate) => candidate.id === id)
    if (change === undefined)
      throw new WarderError('approval.unknown', `Nothing waits under ${id}.`)
    return change
  }

  /** What widens is signed or does not happen. */
  async function signable(): Promise<void> {
    await check(record.unlock)
    if (record.locked())
      throw new WarderError(
        'vault.locked',
        'The vault is locked, so what you allow could not be signed. Nothing was changed.',
      )
  }

  function check(ask: () => Promise<boolean>): Promise<void> {
    if (!record.locked()) return Promise.resolve()
    checking ??= believe(ask).finally(() => {
      checking = undefined
    })
    return checking
  }

  async function believe(ask: () => Promise<boolean>): Promise<void> {
    if (!(await ask())) return
    approved = record.load()
    saved = canonicalJson(approved)
    adopt()
  }

  return {
    current: () => comparison.effective,
    held: () =>
      comparison.held.map((change) => ({ ...change, since: since.get(change.id) ?? clock() })),
    proposedServers: () => proposed.servers,
    problem: () => problem,
    recheck: () => check(record.look),
    async approve(id) {
      await signable()
      const wider = find(id).approve(approved)
      save(wider)
      approved = wider
      adopt()
    },
    async deny(id) {
      putBack(find(id), comparison.effective, file)
      adopt()
    },
    async edit(change, write) {
      if (compare(approved, change(approved)).held.length > 0) await signable()
      const before = approved
      const wanted = change(before)
      save(wanted)
      approved = wanted
      try {
        write(file)
      } catch (error) {
        approved = before
        save(before)
        throw error
      }
      adopt()
    },
    events,
    close: stopWatching,
  }
}

/** Takes one change out of the file, and nothing else: other changes still wait. */
function putBack(change: HeldChange, inForce: Config, file: ConfigFile): void {
  switch (change.kind) {
    case 'server': {
      const before = Object.entries(inForce.servers).find(([name]) => name === change.subject)
      file.set(['servers', change.subject], before && unpinned(before[1]))
      return
    }
    case 'provider': {
      const before = Object.entries(inForce.providers).find(([name]) => name === change.subject)
      file.set(['providers', change.subject], before?.[1])
      return
    }
    case 'proxy':
      file.set(['settings', 'proxy'], inForce.settings.proxy)
      return
    case 'client':
    case 'accounts': {
      const before = Object.entries(inForce.clients).find(([name]) => name === change.subject)
      file.set(['clients', change.subject], before?.[1])
      return
    }
    case 'rule.deny-removed':
      file.set(['rules', -1], change.rule)
      return
    case 'rule.allow': {
      const { rules } = file.read()
      // From the end, so that the places of the others hold.
      for (const [index, rule] of [...rules.entries()].toReversed())
        if (sameRule(rule, change.rule)) file.set(['rules', index], undefined)
    }
  }
}
