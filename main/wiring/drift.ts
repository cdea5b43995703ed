import { existsSync } from 'node:fs'
import path from 'node:path'
import { wiringClient } from './clients/index.ts'
import type { WiringRecord } from './ledger.ts'
import { includes, OWN_NAME, type WiringHouse } from './plan.ts'
import { readClientFile } from './read.ts'

/** What became of a file that Warder wrote into. */
export interface WiredPlace {
  readonly record: WiringRecord
  /** `changed` as well where the entry is as it was and what it starts is gone. */
  readonly state: 'wired' | 'changed' | 'removed' | 'unreadable'
  /** What is wrong and what mends it, in a sentence; null where nothing is. */
  readonly problem: string | null
}

/** Looks at every file that was wired. A project that is gone is no problem: its file went with it. */
export function wiredPlaces({ ledger }: Pick<WiringHouse, 'ledger'>): WiredPlace[] {
  return ledger
    .records()
    .filter(({ scope, file }) => scope === 'user' || existsSync(projectOf(file)))
    .map((record) => {
      const state = stateOf(record)
      if (state === 'wired' && !startsSomething(record))
        return { record, state: 'changed', problem: goneProblem(record) }
      return { record, state, problem: problemOf(record, state) }
    })
}

/** What a person is told unasked: what was wired, and is no longer. */
export function driftNotes(
  places: readonly WiredPlace[],
  before: readonly WiredPlace[],
): { title: string; body: string }[] {
  return places.flatMap(({ record, state, problem }) => {
    const was = before.find(
      ({ record: { file, client } }) => file === record.file && client === record.client,
    )
    if (problem === null || was === undefined || was.state === state) return []
    return { title: `${wiringClient(record.client).title} and Warder`, body: problem }
  })
}

function stateOf({ client: id, scope, file, entry }: WiringRecord): WiredPlace['state'] {
  const client = wiringClient(id)
  const found = readClientFile(client, scope, file)
  if (found.state === 'broken' || found.state === 'unusable') return 'unreadable'
  const own = found.servers.find(
    ({ at, name }) => name === OWN_NAME && at.length === client.servers.length + 1,
  )
  if (own === undefined) return 'removed'
  return includes(own.raw, entry) ? 'wired' : 'changed'
}

/** Its home may have been moved, or deleted in part. What a variable begins is for the client to find. */
function startsSomething({ entry: { command, cmd, args } }: WiringRecord): boolean {
  const [first] = Array.isArray(args) ? args : []
  return [command ?? cmd, first].every(
    (word) => typeof word !== 'string' || !path.isAbsolute(word) || existsSync(word),
  )
}

const goneProblem = (record: WiringRecord) =>
  `What ${wiringClient(record.client).title} starts by ${record.file} is gone: ${wireCommand(record)} mends it`

function problemOf(record: WiringRecord, state: WiredPlace['state']): string | null {
  const { title } = wiringClient(record.client)
  const mend = `${wireCommand(record)} mends it`
  switch (state) {
    case 'wired':
      return null
    case 'changed':
      return `${title} no longer starts Warder as it was wired in ${record.file}: ${mend}`
    case 'removed':
      return `Warder is no longer in ${record.file} of ${title}: ${mend}`
    case 'unreadable':
      return `${record.file} of ${title} can no longer be read: mend it first, then ${wireCommand(record)}`
  }
}

const wireCommand = ({ client, scope, file }: WiringRecord) =>
  scope === 'user'
    ? `\`warder wire ${client}\``
    : `\`warder wire ${client} --scope project\` in ${projectOf(file)}`

/** `.mcp.json` lies in the project's folder, `.cursor/mcp.json` in one of its. */
function projectOf(file: string): string {
  const folder = path.dirname(file)
  return path.basename(folder).startsWith('.') ? path.dirname(folder) : folder
}
