import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import { type ApprovedConfig, openApprovedConfig } from '../../main/policy/approved-config.ts'
import { openConfigFile } from '../../main/store/config-file.ts'
import { type Config, configSchema, type Rule } from '../../main/store/config-schema.ts'
import { openState, type State } from '../../main/store/state.ts'
import { openFileStore } from '../../main/vault/file.ts'
import { createMemoryStore } from '../../main/vault/memory.ts'
import type { SecretStore } from '../../main/vault/store.ts'
import { createVaultIndex } from '../../main/vault/vault-index.ts'
import { testHome } from '../harness/home.ts'

const NOTHING = configSchema.parse({})
const allow: Rule = { effect: 'allow', client: 'cursor', server: '*' }
const deny: Rule = { effect: 'deny', client: '*', server: '*', tool: 'delete_*' }
const MAC_KEY = 'mac:approvals'

/** A lasting vault of which a test decides whether it is open. Stands for the keychain, which has tests of its own. */
function lockable() {
  const store = createMemoryStore()
  let locked = false
  const refuse = () => {
    if (locked) throw new WarderError('vault.locked', 'The keychain is locked.')
  }
  const vault: SecretStore = {
    ...store,
    kind: 'keychain',
    status: async () => ({ state: locked ? 'locked' : 'available', why: null }),
    get: async (key) => {
      refuse()
      return store.get(key)
    },
    set: async (key, value) => {
      refuse()
      return store.set(key, value)
    },
  }
  return {
    vault,
    lock() {
      locked = true
    },
    unlock() {
      locked = false
    },
  }
}

interface World extends AsyncDisposable {
  readonly config: ApprovedConfig
  readonly state: State
  readonly file: string
  write(content: unknown): Promise<void>
}

type OpenVault = (state: State) => Promise<SecretStore>

/** A companion's configuration in a home that outlives it. */
async function start(home: string, vault: SecretStore | OpenVault): Promise<World> {
  const state = openState(home)
  const opened = typeof vault === 'function' ? await vault(state) : vault
  const config = await openApprovedConfig({
    file: openConfigFile(home),
    state,
    vault: opened,
    clock: () => 1,
  })
  const file = path.join(home, 'config.json')
  return {
    config,
    state,
    file,
    /** Writes the file as an editor does, and resolves when the configuration has seen it. */
    async write(content) {
      const seen = Promise.withResolvers<void>()
      const stop = config.events.on('changed', () => seen.resolve())
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
      await seen.promise
      stop()
    },
    async [Symbol.asyncDispose]() {
      config.close()
      state.close()
    },
  }
}

async function approveAll(config: ApprovedConfig): Promise<void> {
  for (const { id } of config.held()) await config.approve(id)
}

const inForce = ({ servers, clients, rules }: Config) => ({
  servers: Object.keys(servers),
  clients: Object.keys(clients),
  rules,
})

const wanted = {
  servers: { notes: { command: 'notes' } },
  clients: { cursor: {} },
  rules: [allow, deny],
}

describe('config.json while Warder runs', () => {
  it('narrows at once and widens when a person says so', async () => {
    await using home = await testHome()
    await using world = await start(home.path, createMemoryStore())
    const { config } = world
    await world.write(wanted)
    expect(inForce(config.current())).toEqual({ servers: [], clients: [], rules: [deny] })
    expect(config.held().map(({ kind, subject, since }) => [kind, subject, since])).toEqual([
      ['server', 'notes', 1],
      ['client', 'cursor', 1],
      ['rule.allow', 'allow client=cursor server=*', 1],
    ])
    expect(Object.keys(config.proposedServers())).toEqual(['notes'])
    await approveAll(config)
    expect(config.held()).toEqual([])
    expect(inForce(config.current())).toEqual({
      servers: ['notes'],
      clients: ['cursor'],
      rules: [allow, deny],
    })

    await world.write({ ...wanted, clients: {}, rules: [allow] })
    expect(inForce(config.current())).toEqual({
      servers: ['notes'],
      clients: [],
      rules: [allow, deny],
    })
    expect(config.held().map(({ kind }) => kind)).toEqual(['rule.deny-removed'])
    // What was taken out is a new question when it comes back.
    await world.write(wanted)
    expect(config.held().map(({ kind }) => kind)).toEqual(['client'])
  })

  it('tells who was there before and who is there now', async () => {
    await using home = await testHome()
    await using world = await start(home.path, createMemoryStore())
    await world.write(wanted)
    const told: unknown[] = []
    world.config.events.on('changed', (before, after) =>
      told.push([Object.keys(before.clients), Object.keys(after.clients)]),
    )
    await approveAll(world.config)
    await world.write({})
    expect(told.at(-1)).toEqual([['cursor'], []])
    expect(told).toContainEqual([[], ['cursor']])
  })

  it('denied is put back, change by change, with every comment', async () => {
    await using home = await testHome()
    await using world = await start(home.path, createMemoryStore())
    const { config } = world
    const lines = (...all: string[]) => all.join('\n')
    await world.write(
      lines(
        '{',
        '  "servers": {',
        '    "notes": { "command": "notes" } // mine',
        '  },',
        '  "rules": [',
        '    // never',
        '    { "effect": "deny", "client": "*", "server": "*" }',
        '  ]',
        '}',
      ),
    )
    await approveAll(config)
    await world.write(
      lines(
        '{',
        '  "servers": {',
        '    "notes": { "command": "evil" }, // mine',
        '    "other": { "command": "other" }',
        '  },',
        '  "clients": { "stranger": {} },',
        '  "rules": [',
        '    // why not',
        '    { "effect": "allow", "client": "*", "server": "*" }',
        '  ]',
        '}',
      ),
    )
    const waiting = () => config.held().map(({ kind, subject }) => `${kind} ${subject}`)
    expect(waiting()).toHaveLength(5)
    const drop = async (kind: string, subject: string) => {
      const id = config.held().find((held) => held.kind === kind && held.subject === subject)?.id
      await config.deny(id ?? '')
    }
    await drop('server', 'notes')
    expect(waiting()).toEqual([
      'server other',
      'client stranger',
      'rule.allow allow client=* server=*',
      'rule.deny-removed deny client=* server=*',
    ])
    await drop('rule.allow', 'allow client=* server=*')
    await drop('rule.deny-removed', 'deny client=* server=*')
    await drop('client', 'stranger')
    expect(waiting()).toEqual(['server other'])
    const text = readFileSync(world.file, 'utf8')
    expect(text).toContain('// mine')
    expect(text).toContain('// why not')
    expect(text).not.toContain('evil')
    expect(text).not.toContain('stranger')
    expect(inForce(config.current())).toEqual({
      servers: ['notes'],
      clients: [],
      rules: [{ effect: 'deny', client: '*', server: '*' }],
    })
    await config.approve(config.held()[0]?.id ?? '')
    expect(inForce(config.current()).servers).toEqual(['notes', 'other'])
  })

  it('approves what was shown and nothing that came in its place', async () => {
    await using home = await testHome()
    await using world = await start(home.path, createMemoryStore())
    await world.write({ servers: { a: { command: 'harmless' } } })
    const [shown] = world.config.held()
    await world.write({ servers: { a: { command: 'evil' } } })
    const unknown = { code: 'approval.unknown' }
    await expect(world.config.approve(shown?.id ?? '')).rejects.toMatchObject(unknown)
    await expect(world.config.deny(shown?.id ?? '')).rejects.toMatchObject(unknown)
    expect(world.config.current().servers).toEqual({})
  })

  it('that is broken changes nothing and says which line, until it is mended', async () => {
    await using home = await testHome()
    await using world = await start(home.path, createMemoryStore())
    const { config } = world
    await world.write(wanted)
    const client = config.held().find(({ kind }) => kind === 'client')
    const before = config.current()
    await world.write('{\n  "rules": [\n  }')
    expect(config.problem()).toMatch(/^config\.json, line 3: /)
    expect(config.current()).toEqual(before)
    expect(config.held()).toHaveLength(3)
    // What waited before still waits, and can still be said yes to.
    await config.approve(client?.id ?? '')
    expect(inForce(config.current()).clients).toEqual(['cursor'])
    await expect(config.deny(config.held()[0]?.id ?? '')).rejects.toMatchObject({
      code: 'config.invalid',
    })
    await world.write(wanted)
    expect(config.problem()).toBeNull()
    expect(inForce(config.current()).clients).toEqual(['cursor'])
  })

  it('that is broken at the start leaves in force what was approved', async () => {
    await using home = await testHome()
    const { vault } = lockable()
    {
      await using world = await start(home.path, vault)
      await world.write(wanted)
      await approveAll(world.config)
      writeFileSync(world.file, '{ broken')
    }
    await using world = await start(home.path, vault)
    expect(world.config.problem()).toMatch(/line 1/)
    expect(inForce(world.config.current())).toEqual({
      servers: ['notes'],
      clients: ['cursor'],
      rules: [allow, deny],
    })
  })
})

describe('an edit through Warder', () => {
  const add = (config: ApprovedConfig) =>
    config.edit(
      (current) => ({ ...current, clients: { ...current.clients, cursor: {} } }),
      (file) => file.set(['clients', 'cursor'], {}),
    )

  it('is approved and written in one', async () => {
    await using home = await testHome()
    await using world = await start(home.path, createMemoryStore())
    await add(world.config)
    expect(world.config.held()).toEqual([])
    expect(inForce(world.config.current()).clients).toEqual(['cursor'])
    expect(JSON.parse(readFileSync(world.file, 'utf8')).clients).toEqual({ cursor: {} })
  })

  it('that cannot be written approves nothing', async () => {
    await using home = await testHome()
    await using world = await start(home.path, createMemoryStore())
    await world.write('{ broken')
    await expect(add(world.config)).rejects.toMatchObject({ code: 'config.invalid' })
    await world.write({ clients: { cursor: {} } })
    expect(world.config.current().clients).toEqual({})
    expect(world.config.held()).toHaveLength(1)
  })

  it('that cannot be kept is not made', async () => {
    await using home = await testHome()
    await using world = await start(home.path, createMemoryStore())
    const pages = Number(world.state.prepare('PRAGMA page_count').get()?.page_count)
    world.state.prepare(`PRAGMA max_page_count = ${pages}`).get()
    const servers = { big: { command: 'x', args: ['y'.repeat(30_000)] } }
    await world.write({ servers })
    await expect(world.config.approve(world.config.held()[0]?.id ?? '')).rejects.toMatchObject({
      code: 'store.unwritable',
    })
    expect(world.config.current().servers).toEqual({})
    expect(world.config.held()).toHaveLength(1)
  })
})

describe('approvals in the state database', () => {
  const put = (state: State, key: string, value: string) =>
    state
      .prepare(
        'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      )
      .run(key, value)
  const stored = (state: State, key: string) =>
    state.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.value

  async function approvedHome(home: string, vault: SecretStore | OpenVault): Promise<void> {
    await using world = await start(home, vault)
    await world.write(wanted)
    await approveAll(world.config)
  }

  const passphraseVault = (home: string) => (state: State) =>
    openFileStore({
      home,
      index: createVaultIndex(state, 'file', Date.now),
      passphrase: async () => 'a long passphrase',
      randomBytes,
    })

  it('survive a restart under the passphrase vault, and under one that forgets', async () => {
    await using home = await testHome()
    await using other = await testHome()
    for (const [place, vault] of [
      [home.path, passphraseVault(home.path)],
      [other.path, async () => createMemoryStore()],
    ] as const) {
      await approvedHome(place, vault)
      await using world = await start(place, vault)
      expect(world.config.held()).toEqual([])
      expect(inForce(world.config.current()).clients).toEqual(['cursor'])
    }
  })

  it.each<[string, (state: State) => void]>([
    [
      'were edited',
      (state) =>
        put(
          state,
          'approved_config',
          String(stored(state, 'approved_config')).replace('cursor', 'stranger'),
        ),
    ],
    ['lost their MAC', (state) => put(state, 'approved_config_mac', '')],
    [
      'got a MAC of nothing',
      (state) => state.prepare("DELETE FROM meta WHERE key = 'approved_config_mac'").run(),
    ],
    ['are gone', (state) => state.prepare("DELETE FROM meta WHERE key LIKE 'approved%'").run()],
    ['are not JSON', (state) => put(state, 'approved_config', '{')],
  ])('that %s are not believed', async (_what, tamper) => {
    await using home = await testHome()
    const { vault } = lockable()
    await approvedHome(home.path, vault)
    const state = openState(home.path)
    tamper(state)
    state.close()
    await using world = await start(home.path, vault)
    expect(inForce(world.config.current())).toEqual({ servers: [], clients: [], rules: [deny] })
    expect(world.config.held()).toHaveLength(3)
  })

  it('are not believed while the vault is locked, signed or not, and are there again when it opens', async () => {
    for (const forged of [false, true]) {
      await using home = await testHome()
      const keychain = lockable()
      await approvedHome(home.path, keychain.vault)
      keychain.lock()
      if (forged) {
        const state = openState(home.path)
        put(state, 'approved_config_mac', '')
        state.close()
      }
      await using world = await start(home.path, keychain.vault)
      const { config } = world
      expect(inForce(config.current())).toEqual({ servers: [], clients: [], rules: [deny] })
      await config.recheck()
      expect(config.current().clients).toEqual({})
      keychain.unlock()
      await Promise.all([config.recheck(), config.recheck()])
      expect(Object.keys(config.current().clients)).toEqual(forged ? [] : ['cursor'])
      expect(config.held()).toHaveLength(forged ? 3 : 0)
    }
  })

  it('are not made while the vault is locked; narrowing is', async () => {
    await using home = await testHome()
    const keychain = lockable()
    keychain.lock()
    await using world = await start(home.path, keychain.vault)
    const { config } = world
    await world.write(wanted)
    const locked = { code: 'vault.locked' }
    const [first] = config.held()
    await expect(config.approve(first?.id ?? '')).rejects.toMatchObject(locked)
    const widen = config.edit(
      (current) => ({ ...current, clients: { ...current.clients, more: {} } }),
      (file) => file.set(['clients', 'more'], {}),
    )
    await expect(widen).rejects.toMatchObject(locked)
    expect(readFileSync(world.file, 'utf8')).not.toContain('more')
    await config.edit(
      (current) => ({ ...current, servers: {} }),
      (file) => file.set(['servers', 'notes'], undefined),
    )
    expect(config.held().map(({ kind }) => kind)).toEqual(['client', 'rule.allow'])
    // A person who says yes is asked for the keychain's password then.
    keychain.unlock()
    await approveAll(config)
    expect(inForce(config.current())).toEqual({
      servers: [],
      clients: ['cursor'],
      rules: [allow, deny],
    })
    expect(stored(world.state, 'approved_config_mac')).toMatch(/^[0-9a-f]{64}$/)
  })

  it('are void when an open vault lost the key, and a person can approve again', async () => {
    await using home = await testHome()
    const keychain = lockable()
    await approvedHome(home.path, keychain.vault)
    await keychain.vault.delete(MAC_KEY)
    let known = false
    const vault: SecretStore = {
      ...keychain.vault,
      async get(key) {
        const value = await keychain.vault.get(key)
        if (key === MAC_KEY && value === null && !known)
          throw new WarderError('vault.locked_or_missing', 'It was stored and does not show.')
        return value
      },
      async set(key, value) {
        if (key === MAC_KEY) known = true
        await keychain.vault.set(key, value)
      },
    }
    await using world = await start(home.path, vault)
    expect(world.config.current().clients).toEqual({})
    await world.config.recheck()
    expect(world.config.current().clients).toEqual({})
    await approveAll(world.config)
    expect(inForce(world.config.current()).clients).toEqual(['cursor'])
    expect(await vault.get('mac:probe')).toBeNull()
  })

  it('of a lasting vault are neither believed nor overwritten by one that forgets', async () => {
    await using home = await testHome()
    const { vault } = lockable()
    await approvedHome(home.path, vault)
    {
      await using world = await start(home.path, createMemoryStore())
      expect(world.config.current().clients).toEqual({})
      await approveAll(world.config)
      expect(inForce(world.config.current()).clients).toEqual(['cursor'])
    }
    await using world = await start(home.path, vault)
    expect(world.config.held()).toEqual([])
    expect(inForce(world.config.current()).clients).toEqual(['cursor'])
  })

  it('of a vault that forgets are not believed by a lasting one', async () => {
    await using home = await testHome()
    await approvedHome(home.path, createMemoryStore())
    await using world = await start(home.path, lockable().vault)
    expect(inForce(world.config.current())).toEqual({ ...inForce(NOTHING), rules: [deny] })
    expect(world.config.held()).toHaveLength(3)
  })
})
