import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { migrations } from '../../main/store/migrations.ts'
import { openState } from '../../main/store/state.ts'
import { testHome } from '../harness/home.ts'

const fixture = fileURLToPath(new URL('./fixtures/hold-state.ts', import.meta.url))
const insert = 'INSERT INTO meta (key, value) VALUES (?, ?)'

/** Another process that holds the home's state database. */
async function holder(home: string): Promise<ChildProcess & AsyncDisposable> {
  const child = spawn(process.execPath, [fixture, home], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  return Object.assign(child, {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  })
}

describe('the state database', () => {
  it('is made in a home of its own, for nobody else to read', async () => {
    await using home = await testHome()
    const inner = path.join(home.path, 'new', 'home')
    const state = openState(inner)
    expect(statSync(inner).mode & 0o777).toBe(0o700)
    expect(statSync(path.join(inner, 'state.db')).mode & 0o777).toBe(0o600)
    state.close()
  })

  it('belongs to one process, until it ends, however it ends', async () => {
    await using home = await testHome()
    const other = await holder(home.path)
    const refused = expect.objectContaining({ code: 'instance.running' })
    expect(() => openState(home.path)).toThrow(refused)
    expect(() => openState(home.path)).toThrow(refused)
    await other[Symbol.asyncDispose]()
    const state = openState(home.path)
    expect(state.prepare('SELECT value FROM meta').all()).toEqual([{ value: 'yes' }])
    state.close()
  })

  it('is held before anything was asked of it', async () => {
    await using home = await testHome()
    openState(home.path).close()
    const state = openState(home.path)
    const child = spawn(process.execPath, [fixture, home.path], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const errors: Buffer[] = []
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
    const [code] = await once(child, 'close')
    expect(code).not.toBe(0)
    expect(Buffer.concat(errors).toString()).toContain('instance.running')
    state.close()
  })

  it('remembers over a restart and migrates once', async () => {
    await using home = await testHome()
    for (const key of ['a', 'b']) {
      const state = openState(home.path)
      state.transaction(() => state.prepare(insert).run(key, '1'))
      state.close()
    }
    const database = new DatabaseSync(path.join(home.path, 'state.db'))
    expect(database.prepare('SELECT key FROM meta ORDER BY key').all()).toEqual([
      { key: 'a' },
      { key: 'b' },
    ])
    expect(database.prepare('PRAGMA user_version').get()).toEqual({
      user_version: migrations.length,
    })
    database.close()
  })

  it('of a newer Warder is refused and left as it is', async () => {
    await using home = await testHome()
    openState(home.path).close()
    const file = path.join(home.path, 'state.db')
    const newer = new DatabaseSync(file)
    newer.exec(`CREATE TABLE tomorrow (x); PRAGMA user_version = ${migrations.length + 1}`)
    newer.close()
    expect(() => openState(home.path)).toThrow(expect.objectContaining({ code: 'store.newer' }))
    const after = new DatabaseSync(file)
    expect(after.prepare('PRAGMA user_version').get()).toEqual({
      user_version: migrations.length + 1,
    })
    expect(after.prepare('SELECT * FROM tomorrow').all()).toEqual([])
    after.close()
  })

  it('that is none, or lies where nothing can be written, is store.unwritable', async () => {
    await using home = await testHome()
    const refused = expect.objectContaining({ code: 'store.unwritable' })
    writeFileSync(
      path.join(home.path, 'state.db'),
      'this is not a database, and long enough to say so',
    )
    expect(() => openState(home.path)).toThrow(refused)
    expect(() => openState(path.join(home.path, 'state.db', 'below'))).toThrow(refused)
    expect(existsSync(path.join(home.path, 'state.db-wal'))).toBe(false)
  })
})

describe('a transaction', () => {
  it('is whole: what throws leaves nothing, inner ones are part of the outer', async () => {
    await using home = await testHome()
    const state = openState(home.path)
    const write = state.prepare(insert)
    const failure = new Error('half way')
    expect(() =>
      state.transaction(() => {
        write.run('a', '1')
        state.transaction(() => write.run('b', '1'))
        throw failure
      }),
    ).toThrow(failure)
    expect(state.transaction(() => state.prepare('SELECT count(*) AS n FROM meta').get())).toEqual({
      n: 0,
    })
    state.close()
  })

  it('says store.unwritable when the disk is full, loses nothing, and works again', async () => {
    await using home = await testHome()
    const state = openState(home.path)
    const write = state.prepare(insert)
    state.transaction(() => write.run('first', 'kept'))
    const pages = Number(state.prepare('PRAGMA page_count').get()?.page_count)
    // SQLite's own full disk: no page may be added beyond this.
    state.prepare(`PRAGMA max_page_count = ${pages + 2}`).get()
    const full = () =>
      state.transaction(() => {
        write.run('small', 'too')
        write.run('large', 'x'.repeat(100_000))
      })
    expect(full).toThrow(expect.objectContaining({ code: 'store.unwritable' }))
    expect(full).toThrow(expect.objectContaining({ code: 'store.unwritable' }))
    expect(state.prepare('SELECT key, value FROM meta').all()).toEqual([
      { key: 'first', value: 'kept' },
    ])
    state.prepare('PRAGMA max_page_count = 100000').get()
    full()
    state.close()
    const again = openState(home.path)
    expect(again.prepare('SELECT key FROM meta ORDER BY key').all()).toEqual([
      { key: 'first' },
      { key: 'large' },
      { key: 'small' },
    ])
    again.close()
  })

  it('does not blame the disk for a row that the schema refuses', async () => {
    await using home = await testHome()
    const state = openState(home.path)
    const write = state.prepare(insert)
    const twice = () =>
      state.transaction(() => {
        write.run('a', '1')
        write.run('a', '2')
      })
    expect(twice).toThrow(/UNIQUE/)
    expect(state.prepare('SELECT * FROM meta').all()).toEqual([])
    state.close()
  })
})
