import { z } from 'zod'
import { exchangeRaw, type RawAnswer } from '../../bridge/support/raw.ts'
import { json, opened, type Remote, type Seen, startRemote } from '../../bridge/support/remote.ts'
import { remoteServer, startWorld, type World } from '../../bridge/support/world.ts'
import type { Outcome } from '../corpus.ts'

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
])

const entrySchema = z.looseObject({
  id: z.string(),
  class: z.string(),
  expect: z.string(),
  status: z.array(z.union([z.number(), z.literal('close')])),
  reaches_upstream: z.boolean(),
  response_must_not_have: z.array(z.string()).default([]),
  denied_tool: z.string().optional(),
  input: inputSchema,
})

type Entry = z.output<typeof entrySchema>

/** As many as may have a session at the same time. */
const BATCH = 32
const SERVER = 's'

export async function run(entries: readonly unknown[]): Promise<Outcome[]> {
  let sessions = 0
  await using remote = await startRemote((seen, response) => {
    if (seen.rpc === 'initialize')
      return json(response, seen.id, opened, { 'mcp-session-id': `up-${++sessions}` })
    if (seen.method !== 'POST') return response.writeHead(405).end()
    return json(response, seen.id, '{"tools":[]}')
  })
  await using world = await startWorld({ [SERVER]: remoteServer(remote.url) }, [
    { effect: 'allow', client: 'one', server: '*' },
    { effect: 'allow', client: 'two', server: '*', tool: 'harmless' },
    { effect: 'deny', client: '*', server: '*', tool: 'danger_tool' },
  ])
  const outcomes: Outcome[] = []
  for (let at = 0; at < entries.length; at += BATCH)
    outcomes.push(
      ...(await Promise.all(
        entries.slice(at, at + BATCH).map((entry) => judge(entry, world, remote)),
      )),
    )
  return outcomes
}

async function judge(raw: unknown, world: World, remote: Remote): Promise<Outcome> {
  const { id, class: kind } = raw as { id: string; class: string }
  const failed = (reason: string): Outcome => ({ id, passed: false, reason })
  if (kind === 'mcp-header') return failed('needs the revision 2026-07-28')
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

function bytesOf({ input }: Entry, world: World, session: string): Buffer {
  const fill = (text: string) => filled(text, world, session)
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

function filled(text: string, world: World, session: string): string {
  const known: Record<string, string> = {
    PORT: `${world.bridge.port}`,
    TOKEN: world.bearers.one,
    OTHER_CLIENT_TOKEN: world.bearers.two,
    REVOKED_TOKEN: world.bearers.gone,
  }
  return (
    text
      .replace(/\{\{([A-Z_]+)\}\}/g, (whole, name: string) => known[name] ?? whole)
      // The path of each request on the connection.
      .replace(
        /^([A-Z]+ )(\S*?)(mcp)(\S* ?HTTP)/gim,
        (_all, start: string, before: string, mcp: string, after: string) =>
          `${start}${before}${mcp}/${SERVER}${after}`,
      )
      .replace(/^(MCP-Protocol-Version: )2026-07-28/gim, '$12025-11-25')
      .replace(/^Host:/im, `Mcp-Session-Id: ${session}\r\nHost:`)
  )
}
