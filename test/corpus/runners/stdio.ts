import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { z } from 'zod'
import type { Row } from '../../../main/audit/rows.ts'
import { limits } from '../../../main/bridge/limits.ts'
import type { Pin, PinTexts } from '../../../main/bridge/pins/store.ts'
import { readLines } from '../../../main/runtime/lines.ts'
import type { Rule } from '../../../main/store/config-schema.ts'
import { allowAll } from '../../bridge/support/house.ts'
import { opening, startWorld, type World } from '../../bridge/support/world.ts'
import { testHome } from '../../harness/home.ts'
import type { Outcome } from '../corpus.ts'
import { frame, isWritten, messagesIn, pieces, type Script } from '../frames.ts'
import { verdict } from './stdio-verdicts.ts'

/**
 * Frames of a local server are written by a real child process, those of a client to its socket; between the two is the
 * bridge as it ships. Each entry has a bridge of its own.
 *
 * What a hostile line caused is looked at when the server's own answer, which it writes after the line, has come through:
 * so nothing is waited for that may not come, but for an error, the end of a server or a deadline.
 */

const entrySchema = z.looseObject({
  id: z.string(),
  class: z.string(),
  context: z.string(),
  expect: z.string(),
  input: z.strictObject({ frames: z.array(frame) }),
  previously_approved: z.record(z.string(), z.unknown()).optional(),
  nextCursor: z.string().optional(),
})
export type Entry = z.output<typeof entrySchema>

/** What a client was told, and what there is to see of it. */
export interface Observed {
  readonly entry: Entry
  /** Lines that answer the call in flight, as they came. */
  readonly answers: readonly string[]
  /** Answers to other calls by their id. */
  readonly others: ReadonlyMap<unknown, Record<string, unknown>>
  /** Requests and notifications of the server that came through, without the notes of the server itself; the first ones. */
  readonly unasked: readonly Record<string, unknown>[]
  /** How many of each method came through. */
  readonly counts: ReadonlyMap<string, number>
  /** What the server said at the end; null where it did not get there. */
  readonly end: { readonly refused: number; readonly seen: readonly string[] } | null
  /** Process ids of the servers that were started, and of what they started. */
  readonly started: readonly number[]
  readonly children: readonly number[]
  /** What is known of the server's tools, and with an id what a person is asked. */
  readonly tools: readonly (Pin & Partial<PinTexts> & { readonly id: string | null })[]
  readonly rows: readonly Row[]
  /** Growth of the largest resident set of this process, in bytes. */
  readonly grown: number
}

const BATCH = 4
const SERVER = 's'
const CALL_ID = 'the call'
/** An entry that hangs is a failure; nothing is concluded from the time. */
const WATCHDOG_MS = 600_000
/** Random, as a credential is; planted in the vault and in the environment of the server. */
const SECRET = 'xK93-planted-canary-7fQ2vT'

export async function run(entries: readonly unknown[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const light = entries.filter((entry) => !isHeavy(entry))
  for (let at = 0; at < light.length; at += BATCH)
    outcomes.push(...(await Promise.all(light.slice(at, at + BATCH).map(judge))))
  // Alone, since what they cost is measured.
  for (const entry of entries.filter(isHeavy)) outcomes.push(await judge(entry))
  return outcomes
}

const isHeavy = (entry: unknown) =>
  ['size', 'flood', 'bomb'].includes((entry as { class?: string }).class ?? '')

async function judge(raw: unknown): Promise<Outcome> {
  const { id } = raw as { id: string }
  const parsed = entrySchema.safeParse(filled(raw))
  if (!parsed.success)
    return { id, passed: false, reason: 'cannot be run: a frame or its form is not known here' }
  try {
    const reason = await settle(parsed.data)
    return reason === undefined ? { id, passed: true } : { id, passed: false, reason }
  } catch (error) {
    return { id, passed: false, reason: error instanceof Error ? error.message : `${error}` }
  }
}

/** The secret of this run, as it is and in base64. */
function filled(raw: unknown): unknown {
  const base64 = Buffer.from(SECRET).toString('base64')
  return JSON.parse(
    JSON.stringify(raw)
      .replaceAll('{{INJECTED_SECRET}}', SECRET)
      .replaceAll('{{INJECTED_SECRET|base64}}', base64),
  )
}

/** The server whose tools the entry imitates, where it does: as Warder names them beside those of others. */
const imitated = ({ expect, input }: Entry): string | undefined =>
  expect === 'no-shadow'
    ? /"name":"([a-z-]+)__/.exec(JSON.stringify(messagesIn(input.frames)))?.[1]
    : undefined

const has = (entry: Entry, gen: string) =>
  entry.input.frames.some((one) => typeof one === 'object' && 'gen' in one && one.gen === gen)

/** @returns why the entry did not pass */
async function settle(entry: Entry): Promise<string | undefined> {
  await using home = await testHome()
  const file = path.join(home.path, 'script')
  await writeFile(file, JSON.stringify(scriptOf(entry)))
  const other = imitated(entry)
  if (other !== undefined)
    await writeFile(`${file}.${other}`, JSON.stringify({ ...scriptOf(entry), frames: [] }))
  const world = await startWorld(
    {
      [SERVER]: served(file),
      ...(other === undefined ? {} : { [other]: served(`${file}.${other}`) }),
    },
    entry.class === 'client' ? clientRules : [allowAll],
    { planted: SECRET },
  )
  world.house.knownSecrets.add('secret:planted', SECRET)
  const before = process.resourceUsage().maxRSS
  let closed = false
  const close = async () => {
    if (closed) return
    closed = true
    await world[Symbol.asyncDispose]()
  }
  try {
    const clients: Client[] = []
    const observe = async (): Promise<Observed> => {
      const [first] = clients
      return {
        entry,
        answers: first?.answers ?? [],
        others: first?.others ?? new Map(),
        unasked: first?.unasked ?? [],
        counts: first?.counts ?? new Map(),
        end: first?.end ?? null,
        started: await numbers(`${file}.started`),
        rows: world.house.rows(),
        tools: (world.house.pins?.toolsOf(SERVER) ?? []).map(({ pin, id }) => ({
          ...pin,
          ...world.house.pins?.texts(pin),
          id,
        })),
        children: await numbers(`${file}.children`),
        grown: (process.resourceUsage().maxRSS - before) * 1024,
      }
    }
    const story = entry.class === 'client' ? fromClient : storyOf(entry)
    await inTime(
      story({ entry, world, open: (who, server) => openClient(world, who, clients, server) }),
    )
    return await verdict(await observe(), SECRET, close)
  } finally {
    await close()
  }
}

const clientRules: readonly Rule[] = [
  { effect: 'allow', client: '*', server: '*', tool: 'ok_tool' },
  { effect: 'allow', client: '*', server: '*', tool: 'warm' },
  { effect: 'allow', client: '*', server: '*', tool: 'end' },
]

const served = (file: string) => ({
  command: process.execPath,
  args: [path.join(import.meta.dirname, '../fixtures/stdio-server.ts'), file],
  env: { PLANTED: 'secret:planted' },
})

function scriptOf(entry: Entry): Script {
  return {
    frames: entry.class === 'client' ? [] : entry.input.frames,
    before: entry.context.startsWith('before') ? 'opening' : 'call',
    earlier: entry.previously_approved
      ? { inputSchema: { type: 'object' }, ...entry.previously_approved }
      : null,
    renumber: entry.expect === 'route',
    stderr: entry.class === 'display' ? shownText(entry) : '',
    ends: entry.class === 'display' ? 'exit' : has(entry, 'progress') ? 'never' : 'answer',
  }
}

/** The text that must not reach a terminal as it is. */
export function shownText({ input }: Entry): string {
  const [first] = input.frames
  const message = typeof first === 'string' ? JSON.parse(first) : null
  return message?.result?.content?.[0]?.text ?? message?.error?.message ?? ''
}

interface Stage {
  readonly entry: Entry
  readonly world: World
  open(who?: 'one' | 'two', server?: string | null): Promise<Client>
}

function storyOf(entry: Entry): (stage: Stage) => Promise<void> {
  if (entry.expect === 'route') return twoClients
  if (has(entry, 'crash_loop')) return crashLoop
  if (entry.class === 'display') return shown
  if (imitated(entry) !== undefined) return imitating
  return oneCall
}

/** The call in flight: a tool's, or a list where the context says so. */
const callOf = ({ context }: Entry) =>
  context.includes('tools/list')
    ? { method: 'tools/list', params: {} }
    : { method: 'tools/call', params: { name: 'target', _meta: { progressToken: 7 } } }

async function oneCall({ entry, world, open }: Stage): Promise<void> {
  const client = await open()
  if (entry.previously_approved !== undefined) {
    client.send({ id: 'earlier', method: 'tools/list', params: {} })
    await client.until(() => client.others.has('earlier'))
  }
  await client.warm(6)
  client.send({ id: CALL_ID, ...callOf(entry) })
  await client.until(() => client.started || client.answers.length > 0)
  if (has(entry, 'close_stdin_only')) {
    await client.until(() => client.played)
    client.send({ id: 'after', method: 'tools/call', params: { name: 'after' } })
  }
  if (has(entry, 'progress')) await client.until(() => client.played)
  // Neither a line that never ends nor a show of progress gains time.
  if (has(entry, 'drip') || has(entry, 'progress')) world.pass(limits.callMs)
  await client.until(() => client.answers.length > 0)
  if (ENDS_WITH_ANSWER.has(entry.expect) || has(entry, 'progress')) return
  await client.until(() => client.end !== null)
  // A second answer would have come by now.
  await client.warm(0)
}

/** What is expected here is the end of the call, and nothing comes after it. */
const ENDS_WITH_ANSWER = new Set(['kill', 'error', 'timeout', 'accept-or-error'])

/** After the list, a client of all servers calls the tool by the name that it was listed under. */
async function imitating(stage: Stage): Promise<void> {
  const all = await stage.open('two', null)
  await oneCall(stage)
  const name = `${imitated(stage.entry)}__delete_repo`
  all.send({ id: 'imitated', method: 'tools/call', params: { name } })
  await all.until(() => all.others.has('imitated'))
}

/** Two clients of one server used the same id; the server answers the second one only, and the first one later. */
async function twoClients({ entry, open }: Stage): Promise<void> {
  const [first, second] = [await open('two'), await open('one')]
  await Promise.all([first.warm(6), second.warm(6)])
  first.send({ id: CALL_ID, method: 'tools/call', params: { name: 'held' } })
  second.send({ id: CALL_ID, ...callOf(entry) })
  await second.until(() => second.end !== null)
  await first.warm(0)
  if (first.answers.length > 0) throw new Error('another client got the answer')
}

async function crashLoop({ open }: Stage): Promise<void> {
  const client = await open(undefined)
  for (let at = 0; at < ATTEMPTS; at++) {
    client.send({ id: `again ${at}`, method: 'tools/call', params: { name: 'again' } })
    await client.until(() => client.others.has(`again ${at}`))
  }
}

/** How often a server that ends at once is asked for. */
export const ATTEMPTS = 40

/** The text comes as a result, on stderr, in the name of a tool and in the reason of an error. */
async function shown({ entry, open }: Stage): Promise<void> {
  const client = await open()
  await client.warm(5)
  client.send({ id: 'held', method: 'tools/call', params: { name: 'held' } })
  client.send({ id: CALL_ID, method: 'tools/call', params: { name: 'target' } })
  await client.until(() => client.answers.length > 0 && client.others.has('held'))
  client.send({ id: 'named', method: 'tools/call', params: { name: shownText(entry) } })
  await client.until(() => client.others.has('named'))
}

/** The frames are those of a client. */
async function fromClient({ entry, open }: Stage): Promise<void> {
  const client = await open()
  for (const one of entry.input.frames) {
    if (!isWritten(one)) throw new Error('a client does no such thing')
    for await (const piece of pieces(one)) await client.write(piece)
  }
  await client.write(Buffer.from('\n'))
  client.send({ id: 'end', method: 'tools/call', params: { name: 'end' } })
  await client.until(() => client.end !== null && client.others.has('end'))
}

interface Client {
  readonly answers: string[]
  readonly others: Map<unknown, Record<string, unknown>>
  readonly unasked: Record<string, unknown>[]
  readonly counts: Map<string, number>
  readonly started: boolean
  readonly played: boolean
  readonly end: Observed['end']
  send(message: object): void
  write(bytes: Buffer): Promise<void>
  /** Calls the server until one has gone out under this id. */
  warm(id: number): Promise<void>
  /** Waits for lines until it is true. @throws Error where the connection ends before */
  until(happened: () => boolean): Promise<void>
}

/** Messages that are kept to look at; all are counted. */
const KEPT = 1_000

async function openClient(
  world: World,
  who: 'one' | 'two' = 'one',
  clients: Client[],
  server: string | null = SERVER,
): Promise<Client> {
  const socket = connect({ path: world.bridge.sockets()[who] ?? '' })
  let heard = () => {}
  let over = false
  let [started, played] = [false, false]
  let end: Observed['end'] = null
  let counter = 0
  const [answers, unasked]: [string[], Record<string, unknown>[]] = [[], []]
  const others = new Map<unknown, Record<string, unknown>>()
  const counts = new Map<string, number>()

  function onLine(line: string): void {
    if (line.startsWith(`{"jsonrpc":"2.0","id":"${CALL_ID}"`)) answers.push(line)
    else sort(JSON.parse(line))
    heard()
  }

  function sort(message: Record<string, unknown>): void {
    const { id, method } = message
    if (typeof method !== 'string') return void others.set(id, message)
    const data = (message.params as { data?: Record<string, unknown> } | undefined)?.data
    if (data?.start) started = true
    else if (data?.played) played = true
    else if (data?.end) end = data as unknown as Observed['end']
    else {
      counts.set(method, (counts.get(method) ?? 0) + 1)
      if (unasked.length < KEPT) unasked.push(message)
      // Whoever lets a server's request through gets it answered.
      if (id !== undefined) client.send({ id, result: { action: 'accept', content: {} } })
    }
  }

  const reading = readLines(socket, { onLine }, { maxBytes: 2 * limits.outgoingBytes })
  void reading
    .catch(() => {})
    .finally(() => {
      over = true
      heard()
    })
  socket.on('error', () => {})

  const client: Client = {
    answers,
    others,
    unasked,
    counts,
    get started() {
      return started
    },
    get played() {
      return played
    },
    get end() {
      return end
    },
    send: (message) => void socket.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`),
    write: (bytes) => written(socket, bytes),
    async warm(id) {
      for (let last = 0; last < id || id === 0; ) {
        const own = `warm ${++counter}`
        client.send({ id: own, method: 'tools/call', params: { name: 'warm' } })
        await client.until(() => others.has(own))
        if (id === 0) return
        last = idOf(others.get(own))
        if (last >= 7) throw new Error('the id 7 is used up before the call')
      }
    },
    async until(happened) {
      while (!happened()) {
        if (over) throw new Error('the connection of the client ended')
        await new Promise<void>((resolve) => {
          heard = resolve
        })
      }
    },
  }
  clients.unshift(client)
  socket.write(`${JSON.stringify(server === null ? { warder: 1 } : { warder: 1, server })}\n`)
  client.send({ id: 'opening', method: 'initialize', params: { ...opening, capabilities: {} } })
  await client.until(() => others.has('opening'))
  client.send({ method: 'notifications/initialized' })
  return client
}

function written(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => socket.write(bytes, () => resolve()))
}

/** The id under which a warming call reached the server. */
function idOf(answer: Record<string, unknown> | undefined): number {
  const result = answer?.result as { content?: { text?: string }[] } | undefined
  const id = Number(result?.content?.[0]?.text)
  if (Number.isNaN(id)) throw new Error('the server could not be called')
  return id
}

async function numbers(file: string): Promise<number[]> {
  if (!existsSync(file)) return []
  return (await readFile(file, 'utf8')).split('\n').filter(Boolean).map(Number)
}

async function inTime(story: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('hangs')), WATCHDOG_MS)
  await Promise.race([story, promise]).finally(() => clearTimeout(timer))
}
