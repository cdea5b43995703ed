import { connect } from 'node:net'
import { z } from 'zod'
import { exchangeRaw, type RawAnswer } from '../../bridge/support/raw.ts'
import { json, opened, type Remote, type Seen, startRemote } from '../../bridge/support/remote.ts'
import { remoteServer, startWorld, type World } from '../../bridge/support/world.ts'
import type { Outcome } from '../corpus.ts'
import { type DeedStage, deedSchema, perform } from './http-generators.ts'

/**
 * The entries speak of `POST /mcp` in the revision 2026-07-28. The token door serves `/mcp/SERVER` for the revisions with
 * sessions: the path, the revision and a session id are put in where they belong, and nothing else is touched.
 */

const repeated = z.object({ gen: z.literal('repeat'), unit: z.string(), count: z.number() })
const inputSchema = z.union([
  z.strictObject({ raw: z.string() }),
  z.strictObject({ raw_b64: z.string() }),
  z.strictObject({
    gen: z.literal('request'),
    body: z
      .object({ gen: z.literal('nest'), open: z.string(), close: z.string(), depth: z.number() })
      .optional(),
    extra_header: z.tuple([z.string(), repeated]).optional(),
    extra_header_count: z.number().optional(),
    target: repeated.optional(),
  }),
  deedSchema,
])

const entrySchema = z.looseObject({
  id: z.string(),
  class: z.string(),
  expect: z.string(),
  status: z.array(z.union([z.number(), z.literal('close')])),
  reaches_upstream: z.boolean(),
  response_must_not_have: z.array(z.string()).default([]),
  denied_tool: z.string().optional(),
  jsonrpc_error: z.array(z.number()).optional(),
  input: inputSchema,
})

type Entry = z.output<typeof entrySchema>

/** As many as may have a session at the same time. */
const BATCH = 32
const SERVER = 's'

export async function run(entries: readonly unknown[]): Promise<Outcome[]> {
  let sessions = 0
  let open = 0
  await using remote = await startRemote((seen, response) => {
    if (seen.rpc === 'initialize')
      return json(response, seen.id, opened, { 'mcp-session-id': `up-${++sessions}` })
    if (seen.method !== 'POST') return response.writeHead(405).end()
    if (seen.body.includes('"endless"')) {
      open++
      response.once('close', () => open--)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const token = /"progressToken":("[^"]*"|\d+)/.exec(seen.body)?.[1]
      response.write(
        `data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":1}}\n\n`,
      )
      return
    }
    return json(response, seen.id, '{"tools":[]}')
  })
  await using world = await startWorld({ [SERVER]: remoteServer(remote.url) }, [
    { effect: 'allow', client: 'one', server: '*' },
    { effect: 'allow', client: 'two', server: '*', tool: 'harmless' },
    { effect: 'deny', client: '*', server: '*', tool: 'danger_tool' },
  ])
  const outcomes: Outcome[] = []
  const together = entries.filter((entry) => !isAlone(entry))
  for (let at = 0; at < together.length; at += BATCH)
    outcomes.push(
      ...(await Promise.all(
        together.slice(at, at + BATCH).map((entry) => judge(entry, world, remote)),
      )),
    )
  for (const entry of entries.filter(isAlone))
    outcomes.push(await judgeAlone(entry, world, remote, () => open))
  return outcomes
}

/** What a peer does, and requests that stand alone: they have no session to be found by at the server. */
function isAlone(raw: unknown): boolean {
  const { class: kind, input } = raw as { class: string; input?: { gen?: string; raw?: string } }
  if (input?.gen !== undefined && input.gen !== 'request') return true
  const text = input?.raw ?? ''
  return kind === 'mcp-header' || saysResponse(text) || isAtIpv6(text) || ends(text)
}

/** With a session this is how it ends; the entry's own revision has neither. */
const ends = (raw: string) => raw.startsWith('DELETE ')

/** No revision without sessions has answers of a client; those with sessions have. */
const saysResponse = (raw: string) =>
  /\r\n\r\n\{"jsonrpc":"2\.0","id":[^,{}]*,"(?:result|error)":/.test(raw)
const isAtIpv6 = (raw: string) => /^Host: \[::1\]/im.test(raw)

async function judgeAlone(
  raw: unknown,
  world: World,
  remote: Remote,
  unanswered: () => number,
): Promise<Outcome> {
  const { id } = raw as { id: string }
  const failed = (reason: string): Outcome => ({ id, passed: false, reason })
  const parsed = entrySchema.safeParse(raw)
  if (!parsed.success) return failed('cannot be run: its generator or its form is not known here')
  const entry = parsed.data
  try {
    // It speaks of a second listener, which is not there.
    if ('raw' in entry.input && isAtIpv6(entry.input.raw))
      return (await isClosed(world.bridge.port, '::1')) ? { id, passed: true } : failed('listens')
    const before = remote.seen.length
    const deed = deedSchema.safeParse(entry.input)
    if (deed.success) {
      const statuses = await perform(deed.data, await stageFor(world, remote, unanswered))
      return statuses.every((status) => entry.status.includes(status))
        ? { id, passed: true }
        : failed(`was answered with ${statuses}`)
    }
    const bytes = bytesOf(entry, world, null)
    const answer = await exchangeRaw(world.bridge.port, bytes)
    const reached = remote.seen
      .slice(before)
      .filter(({ rpc }) => rpc === 'tools/list' || rpc === 'tools/call')
    const reason = failure(entry, answer, reached) ?? wrongError(entry, answer)
    return reason === undefined ? { id, passed: true } : failed(reason)
  } catch (error) {
    return failed(error instanceof Error ? error.message : `${error}`)
  }
}

function wrongError({ jsonrpc_error: allowed }: Entry, { text }: RawAnswer): string | undefined {
  if (allowed === undefined) return undefined
  const code = Number(/"error":\{"code":(-?\d+)/.exec(text)?.[1])
  return allowed.includes(code) ? undefined : `was refused with ${code}`
}

function isClosed(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host })
    socket.once('connect', () => resolve(false))
    socket.once('error', () => resolve(true))
    socket.once('close', () => socket.destroy())
  })
}

async function stageFor(
  world: World,
  remote: Remote,
  unanswered: () => number,
): Promise<DeedStage> {
  const session = await openSession(world, remote, 'one')
  const fields = (length: number) =>
    [
      `POST /mcp/${SERVER} HTTP/1.1`,
      `Host: 127.0.0.1:${world.bridge.port}`,
      `Authorization: Bearer ${world.bearers.one}`,
      'Content-Type: application/json',
      `Mcp-Session-Id: ${session.id}`,
      `Content-Length: ${length}`,
      '\r\n',
    ].join('\r\n')
  let calls = 0
  const call = (name: string) => {
    const id = ++calls
    const body = `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${name}","_meta":{"progressToken":${id}}}}`
    return Buffer.from(fields(body.length) + body)
  }
  /** Closing its response takes such a request back (MCP 2026-07-28, Streamable HTTP, Cancellation). */
  const standsAlone = (id: number) => {
    const meta = 'io.modelcontextprotocol/'
    const own = `"progressToken":${id},"${meta}protocolVersion":"2026-07-28","${meta}clientInfo":{"name":"c","version":"1"},"${meta}clientCapabilities":{}`
    const body = `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"endless","_meta":{${own}}}}`
    const headers =
      'MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: endless'
    return Buffer.from(fields(body.length).replace(/^Mcp-Session-Id.*$/m, headers) + body)
  }
  return {
    world,
    unanswered,
    head: fields,
    endless: () => standsAlone(++calls),
    async honest() {
      const { statuses } = await exchangeRaw(world.bridge.port, call('honest'), 1)
      return statuses[0] ?? 0
    },
  }
}

async function judge(raw: unknown, world: World, remote: Remote): Promise<Outcome> {
  const { id } = raw as { id: string }
  const failed = (reason: string): Outcome => ({ id, passed: false, reason })
  const parsed = entrySchema.safeParse(raw)
  if (!parsed.success) return failed('cannot be run: its generator or its form is not known here')
  const entry = parsed.data
  const other = JSON.stringify(entry.input).includes('{{OTHER_CLIENT_TOKEN}}')
  const session = await openSession(world, remote, other ? 'two' : 'one')
  const answer = await exchangeRaw(world.bridge.port, bytesOf(entry, world, session.id))
  const reached = remote.seen.filter(
    ({ method, headers, rpc }) =>
      method === 'POST' && headers['mcp-session-id'] === session.upstream && rpc !== 'initialize',
  )
  const reason = failure(entry, answer, reached)
  return reason === undefined ? { id, passed: true } : failed(reason)
}

/** @returns why the entry did not pass */
function failure(entry: Entry, answer: RawAnswer, reached: readonly Seen[]): string | undefined {
  const [status = 'close', second] = answer.statuses
  if (!entry.status.includes(status)) return `was answered with ${status}`
  if (keptItsId(entry, answer)) return undefined
  if (entry.expect !== 'policy-of-that-client' && reached.length > 0 !== entry.reaches_upstream)
    return reached.length > 0 ? 'reached the server' : 'did not reach the server'
  if (entry.expect === 'policy-of-that-client' && reached.length > 0)
    return 'was decided by the rules of another client'
  if (entry.expect === 'accept-first-reject-second' && (reached.length > 1 || second === 200))
    return 'the second request was let through'
  const shown = entry.response_must_not_have.find((name) =>
    new RegExp(`^${name}:`, 'im').test(answer.text),
  )
  if (shown !== undefined) return `the answer has ${shown}`
  // Only what Warder itself says goes on to the server.
  const strange = reached.flatMap(({ headers }) =>
    Object.keys(headers).filter((name) => !OURS.has(name)),
  )
  return strange.length > 0 ? `the server got ${strange[0]}` : undefined
}

/**
 * An id that no double holds is refused, or comes back as it was written: the server never sees it, since it is asked
 * under an id of ours.
 */
function keptItsId({ input }: Entry, { text }: RawAnswer): boolean {
  const id =
    'raw' in input ? /\r\n\r\n\{"jsonrpc":"2\.0","id":(\d{16,}),/.exec(input.raw)?.[1] : undefined
  return id !== undefined && !Number.isSafeInteger(Number(id)) && text.includes(`"id":${id},`)
}

const OURS = new Set([
  'accept',
  'connection',
  'content-length',
  'content-type',
  'host',
  'mcp-protocol-version',
  'mcp-session-id',
])

/** A session of its own for every entry, and the one behind it, so that each finds what it caused. */
async function openSession(world: World, remote: Remote, client: 'one' | 'two') {
  const headers = {
    authorization: `Bearer ${world.bearers[client]}`,
    'content-type': 'application/json',
  }
  const url = `${world.base}/mcp/${SERVER}`
  const marker = crypto.randomUUID()
  const body = `{"jsonrpc":"2.0","id":"o","method":"initialize","params":{"_meta":{"marker":"${marker}"}}}`
  const response = await fetch(url, { method: 'POST', headers, body })
  await response.body?.cancel()
  const index = remote.of('initialize').findIndex((seen) => seen.body.includes(marker))
  return { id: response.headers.get('mcp-session-id') ?? '', upstream: `up-${index + 1}` }
}

/** @param session null: the request stands alone, and stays as it is but for its path */
function bytesOf({ input }: Entry, world: World, session: string | null): Buffer {
  const fill = (text: string) => filled(text, world, session)
  if ('gen' in input && input.gen !== 'request') throw new Error('these are no bytes')
  if ('raw' in input) return Buffer.from(fill(input.raw))
  if ('raw_b64' in input)
    return Buffer.from(fill(Buffer.from(input.raw_b64, 'base64').toString('latin1')), 'latin1')
  const { body, extra_header: header, extra_header_count: count = 0, target } = input
  const text = body
    ? body.open.repeat(body.depth) + body.close.repeat(body.depth)
    : '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}'
  const lines = [
    `POST ${target ? target.unit.repeat(target.count) : '/mcp'} HTTP/1.1`,
    'Host: 127.0.0.1:{{PORT}}',
    'Authorization: Bearer {{TOKEN}}',
    'Content-Type: application/json',
    `Content-Length: ${text.length}`,
    'Connection: close',
    ...(header ? [`${header[0]}: ${header[1].unit.repeat(header[1].count)}`] : []),
    ...Array.from({ length: count }, (_, index) => `X-${index}: 1`),
  ]
  return Buffer.from(fill(`${lines.join('\r\n')}\r\n\r\n${text}`), 'latin1')
}

function filled(text: string, world: World, session: string | null): string {
  const known: Record<string, string> = {
    PORT: `${world.bridge.port}`,
    TOKEN: world.bearers.one,
    OTHER_CLIENT_TOKEN: world.bearers.two,
    REVOKED_TOKEN: world.bearers.gone,
  }
  const own = text
    .replace(/\{\{([A-Z_]+)\}\}/g, (whole, name: string) => known[name] ?? whole)
    // The path of each request on the connection.
    .replace(
      /^([A-Z]+ )(\S*?)(mcp)(\S* ?HTTP)/gim,
      (_all, start: string, before: string, mcp: string, after: string) =>
        `${start}${before}${mcp}/${SERVER}${after}`,
    )
  if (session === null) return own
  return (
    own
      .replace(/^(MCP-Protocol-Version: )2026-07-28/gim, '$12025-11-25')
      // One that says so in its body stands alone, whatever its header says.
      .replaceAll('protocolVersion":"2026-07-28"', 'protocolVersion":"2025-11-25"')
      .replace(/^Host:/im, `Mcp-Session-Id: ${session}\r\nHost:`)
  )
}
