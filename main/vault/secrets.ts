import { isWarderError, WarderError } from '../errors.ts'
import { createEmitter, type Emitter } from '../events.ts'
import type { State } from '../store/state.ts'
import type { KnownSecrets } from './known-secrets.ts'
import type { SecretStore } from './store.ts'

/** Where a secret may be sent: the server it was entered for and that server's destination on that day. */
export interface SecretBinding {
  readonly server: string
  readonly destination: string
}

export interface NamedSecret {
  readonly name: string
  readonly server: string | null
  readonly setAt: number
}

/**
 * The static secrets a person entered. Value and binding lie together in one vault item, so that whoever edits the
 * state database or `config.json` cannot send a value elsewhere.
 */
export interface NamedSecrets {
  list(): NamedSecret[]
  /** @throws WarderError `secret.invalid`, `vault.*` */
  set(name: string, value: string, binding: SecretBinding | null): Promise<NamedSecret>
  /** Binds what is there to a new destination; only ever called with a person's consent. @throws WarderError `secret.unknown`, `vault.*` */
  bind(name: string, binding: SecretBinding): Promise<void>
  /** @throws WarderError `secret.unknown`, `secret.binding_changed`, `vault.*` */
  read(name: string, wanted: SecretBinding): Promise<string>
  /** Reads every value once, so that it is known to whoever looks for what the vault holds. @throws WarderError `vault.*` */
  learn(): Promise<void>
  /** @throws WarderError `secret.unknown`, `vault.delete_failed` */
  remove(name: string): Promise<void>
  readonly events: Emitter<{
    /** It has another value than before, or one for the first time. */
    set: [name: string]
  }>
}

export function createNamedSecrets(options: {
  state: State
  vault: SecretStore
  knownSecrets: KnownSecrets
  clock: () => number
}): NamedSecrets {
  const { state, vault, knownSecrets, clock } = options
  const rows = state.prepare('SELECT name, server, set_at FROM secrets ORDER BY name')
  const row = state.prepare('SELECT 1 FROM secrets WHERE name = ?')
  const upsert = state.prepare(
    'INSERT INTO secrets (name, server, set_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET server = excluded.server, set_at = excluded.set_at',
  )
  const drop = state.prepare('DELETE FROM secrets WHERE name = ?')
  const key = (name: string) => `secret:${name}`
  const events: NamedSecrets['events'] = createEmitter()

  async function load(name: string): Promise<{ value: string; binding: SecretBinding | null }> {
    if (row.get(name) === undefined)
      throw new WarderError('secret.unknown', `There is no secret ${name}.`)
    const item = await vault.get(key(name))
    if (item === null)
      throw new WarderError('secret.unknown', `The secret ${name} is not in this vault.`)
    const loaded = JSON.parse(item) as { value: string; binding: SecretBinding | null }
    knownSecrets.add(key(name), loaded.value)
    return loaded
  }

  async function save(
    name: string,
    value: string,
    binding: SecretBinding | null,
  ): Promise<NamedSecret> {
    knownSecrets.add(key(name), value)
    await vault.set(key(name), JSON.stringify({ value, binding }))
    const setAt = clock()
    state.transaction(() => upsert.run(name, binding?.server ?? null, setAt))
    return { name, server: binding?.server ?? null, setAt }
  }

  return {
    list: () =>
      rows.all().map((r) => ({
        name: String(r.name),
        server: r.server === null ? null : String(r.server),
        setAt: Number(r.set_at),
      })),
    async set(name, given, binding) {
      const value = onOneLine(given)
      if (value === '' || /[\0\r\n]/.test(value))
        throw new WarderError('secret.invalid', 'A secret is one line of text and not empty.')
      const saved = await save(name, value, binding)
      events.emit('set', name)
      return saved
    },
    async bind(name, binding) {
      const { value } = await load(name)
      await save(name, value, binding)
    },
    async read(name, wanted) {
      const { value, binding } = await load(name)
      if (binding?.server !== wanted.server || binding.destination !== wanted.destination)
        throw new WarderError(
          'secret.binding_changed',
          binding === null
            ? `The secret ${name} is not bound to a server yet.`
            : `The secret ${name} was entered for ${binding.server} as it was then, not for ${wanted.server} as it is now.`,
        )
      return value
    },
    async learn() {
      for (const { name } of rows.all())
        await load(String(name)).catch((error: unknown) => {
          // One that another vault keeps is not among what this one holds.
          if (!isWarderError(error, 'secret.unknown')) throw error
        })
    },
    async remove(name) {
      if (row.get(name) === undefined)
        throw new WarderError('secret.unknown', `There is no secret ${name}.`)
      await vault.delete(key(name))
      state.transaction(() => drop.run(name))
    },
    events,
  }
}

/** A key comes in several lines that mean nothing: PEM (RFC 7468 §2), or JSON. Anything else stays as it was given. */
function onOneLine(value: string): string {
  const isKey = /^\s*(?:-----BEGIN [A-Z ]+-----|\{)/.test(value)
  return isKey ? value.trim().replace(/[ \t]*[\r\n]+[ \t]*/g, ' ') : value
}
