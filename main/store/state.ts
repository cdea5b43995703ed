import { chmodSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { WarderError } from '../errors.ts'
import { migrations } from './migrations.ts'
import { type SyncSoonSeams, syncSoon } from './sync-soon.ts'

/**
 * The state database: everything a companion remembers that is neither a secret (those are in the vault) nor written
 * by a person (that is `config.json`).
 */
export interface State {
  prepare(sql: string): StatementSync
  /** Runs `work` in one transaction: all of it is on disk when this returns, or none of it. */
  transaction<T>(work: () => T): T
  /**
   * The same for what is written all the time: it survives any end of this process when this returns, and a power cut
   * some {@link SYNC_WAITS} later. Where the disk does not take it by then, every later one is on disk when it returns.
   */
  transactionSoon<T>(work: () => T): T
  close(): void
}

/**
 * Opens (and, where needed, creates and migrates) `state.db` in `home` and holds it exclusively until `close` or until
 * the process ends, however it ends: the operating system's lock on this file is the one-instance rule.
 *
 * @throws WarderError `instance.running` where another companion holds it, `store.newer`, `store.unwritable`
 */
export function openState(home: string, seams: SyncSoonSeams = {}): State {
  const file = path.join(home, 'state.db')
  let database: DatabaseSync
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 })
    database = new DatabaseSync(file)
    chmodSync(file, 0o600)
  } catch (cause) {
    throw new WarderError('store.unwritable', `The state database ${file} cannot be opened.`, {
      cause,
    })
  }
  try {
    // Exclusive mode takes the lock with the first write and keeps it, and WAL then needs no shared memory file.
    // FULL: what was committed survives a power cut.
    database.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL',
    )
    // 512 KiB: rows are written at the end, and for what is read the system has the file in memory.
    database.exec('PRAGMA cache_size = -512; PRAGMA foreign_keys = ON; BEGIN IMMEDIATE; COMMIT')
    migrate(database)
  } catch (cause) {
    database.close()
    if (cause instanceof WarderError) throw cause
    if (sqliteCode(cause) === SQLITE_BUSY)
      throw new WarderError('instance.running', `Another companion already holds ${home}.`, {
        cause,
      })
    throw new WarderError('store.unwritable', `The state database ${file} cannot be used.`, {
      cause,
    })
  }

  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  const log = syncSoon(`${file}-wal`, seams)
  let depth = 0
  let synchronous: Synchronous = 'FULL'

  function run<T>(work: () => T, wanted: Synchronous): T {
    if (depth > 0) return work()
    depth++
    try {
      if (synchronous !== wanted) database.exec(`PRAGMA synchronous = ${wanted}`)
      synchronous = wanted
      begin.run()
      try {
        const result = work()
        commit.run()
        return result
      } catch (error) {
        rollBack(database)
        throw error
      }
    } catch (cause) {
      const code = sqliteCode(cause)
      // A row that the schema refuses is a defect of ours, not a full disk.
      if (code === undefined || code === SQLITE_CONSTRAINT) throw cause
      throw new WarderError(
        'store.unwritable',
        'The state database could not be written; nothing was changed.',
        {
          cause,
        },
      )
    } finally {
      depth--
    }
  }

  return {
    prepare: (sql) => database.prepare(sql),
    transaction: (work) => run(work, 'FULL'),
    transactionSoon(work) {
      if (log.failed()) return run(work, 'FULL')
      const result = run(work, 'NORMAL')
      log.written()
      return result
    },
    close() {
      log.close()
      database.close()
    },
  }
}

/** Whether a commit waits for the disk; in WAL mode what was committed before it is then on disk as well. */
type Synchronous = 'FULL' | 'NORMAL'

/** SQLite has ended the transaction itself after some failures; Node before 22.16 cannot be asked. */
function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // There was nothing to take back; the failure before is the one to tell.
  }
}

const SQLITE_BUSY = 5
const SQLITE_CONSTRAINT = 19

function sqliteCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined
}

function migrate(database: DatabaseSync): void {
  const row = database.prepare('PRAGMA user_version').get()
  const version = Number(row?.user_version ?? 0)
  if (version > migrations.length)
    throw new WarderError('store.newer', 'The state database was written by a newer Warder.')
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue
    database.exec(`BEGIN; ${sql}; PRAGMA user_version = ${index + 1}; COMMIT`)
  }
}
