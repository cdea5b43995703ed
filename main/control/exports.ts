import { randomUUID } from 'node:crypto'
import { homedir } from 'node:os'
import type { AuditRow, Parsed } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import type { KeptFile } from '../ports.ts'
import { configOf } from '../store/config-of.ts'
import { makeSetup } from '../wiring/setup/portable.ts'
import type { ControlHouse } from './house.ts'
import { sheetLines, sheetOf } from './sheet.ts'
import type { Handlers } from './types.ts'

type ExportChannel = 'exports:begin' | 'exports:next' | 'exports:cancel'
/** The content is what these answer, so that a file tells what the page tells. */
type Sources = Handlers<'accounts:list' | 'secrets:list' | 'receipts:export' | 'audit:query'>

interface Part {
  readonly text: string
  readonly rows: number
}

interface Making {
  /** Null where the page's browser keeps it. */
  readonly file: KeptFile | null
  readonly parts: AsyncIterator<Part, void>
  rows: number
  /** Parts are made one after the other, whoever asks for two at once. */
  turn: Promise<unknown>
}

/** Files that may be in the making: a page that was reloaded leaves one behind. */
const MOST = 4

/** Files for a person to keep, part by part, so that a long one shows how far it is and can be given up. */
export function exportHandlers(
  house: Pick<ControlHouse, 'home' | 'files'>,
  sources: Sources,
): Handlers<ExportChannel> {
  const making = new Map<string, Making>()
  let choosing = false

  function end(id: string): void {
    making.get(id)?.file?.discard()
    making.delete(id)
  }

  async function chosen(name: string): Promise<KeptFile | null> {
    if (house.files === null) return null
    if (choosing)
      throw new WarderError('export.busy', 'Another file waits for you to say where it goes.')
    choosing = true
    try {
      return await house.files.choose(name)
    } finally {
      choosing = false
    }
  }

  async function advance(id: string, made: Making) {
    const known = () => making.get(id) === made
    try {
      const next = await made.parts.next()
      // Given up while it was made.
      if (!known()) throw unknown()
      if (next.done) {
        made.file?.finish()
        making.delete(id)
        return { text: made.file === null ? '' : null, rows: made.rows, done: true }
      }
      made.file?.write(next.value.text)
      made.rows += next.value.rows
      const text = made.file === null ? next.value.text : null
      return { text, rows: made.rows, done: false }
    } catch (error) {
      if (known()) end(id)
      throw error
    }
  }

  return {
    async 'exports:begin'(input) {
      const name = nameOf(input.what)
      const file = await chosen(name)
      if (house.files !== null && file === null) return { file: null }
      const id = randomUUID()
      const parts = contentOf(input, house.home, sources)
      making.set(id, { file, parts, rows: 0, turn: Promise.resolve() })
      for (const oldest of [...making.keys()].slice(0, -MOST)) end(oldest)
      return { file: { id, name } }
    },
    async 'exports:next'({ id }) {
      const made = making.get(id)
      if (made === undefined) throw unknown()
      const part = made.turn.then(() => advance(id, made))
      made.turn = part.catch(() => undefined)
      return part
    },
    async 'exports:cancel'({ id }) {
      end(id)
      return {}
    },
  }
}

const unknown = () => new WarderError('export.unknown', 'This file is not being made any more.')

type What = Parsed<'exports:begin'>['what']

const names: Record<What, readonly [name: string, extension: string]> = {
  audit: ['warder-audit', 'jsonl'],
  receipts: ['warder-receipts', 'json'],
  setup: ['warder-setup', 'json'],
  sheet: ['warder-lost-laptop', 'txt'],
}

function nameOf(what: What): string {
  const [name, extension] = names[what]
  return `${name}-${new Date().toISOString().slice(0, 10)}.${extension}`
}

async function* contentOf(
  input: Parsed<'exports:begin'>,
  home: string,
  sources: Sources,
): AsyncGenerator<Part, void> {
  switch (input.what) {
    case 'audit':
      return yield* auditLines(input.filter, sources)
    case 'receipts': {
      const all = await sources['receipts:export']({})
      return yield { text: jsonFile(all), rows: all.records.length }
    }
    case 'setup': {
      const accounts = (await sources['accounts:list']({})).map(({ server, account, issuer }) => ({
        ...{ server, account, issuer },
      }))
      const config = configOf(home)
      const setup = makeSetup(config, accounts, { home: homedir(), now: new Date() })
      return yield { text: jsonFile(setup), rows: 1 }
    }
    case 'sheet': {
      const [accounts, secrets] = [
        await sources['accounts:list']({}),
        await sources['secrets:list']({}),
      ]
      const config = configOf(home)
      const sheet = sheetOf({ accounts, secrets, config, now: new Date() })
      const lines = sheetLines(sheet, inUtc).map(({ text }) => `${text}\n`)
      return yield { text: lines.join(''), rows: accounts.length + secrets.length }
    }
  }
}

/** Rows of one part: a look at the database that holds nobody up. */
const PAGE = 1_000

/** Row by row as it was recorded, newest first (JSON Lines). */
async function* auditLines(
  filter: Omit<Parsed<'audit:query'>, 'limit'>,
  sources: Sources,
): AsyncGenerator<Part, void> {
  for (let before: number | undefined; ; ) {
    const older = before === undefined ? {} : { before }
    const rows: AuditRow[] = await sources['audit:query']({ ...filter, ...older, limit: PAGE })
    yield { text: rows.map((row) => `${JSON.stringify(row)}\n`).join(''), rows: rows.length }
    before = rows.at(-1)?.seq
    if (rows.length < PAGE) return
  }
}

const jsonFile = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

const inUtc = (instant: string) => `${instant.slice(0, 16).replace('T', ' ')} UTC`
