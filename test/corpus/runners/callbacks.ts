import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { type CallbackListener, openCallback } from '../../../main/oauth/callback.ts'
import type { Outcome } from '../corpus.ts'

/** One entry of callbacks.json: requests to the real listener, over real sockets, and what must come of them. */
interface Entry {
  readonly id: string
  readonly input: Request & { readonly sequence?: readonly Step[] }
  readonly expect: string
  readonly http_status?: readonly number[]
  readonly flow_after?: string
  readonly token_request?: boolean
  readonly token_requests?: number
  readonly expect_code?: string
  readonly body_must_not_contain?: readonly string[]
  readonly required_headers?: Readonly<Record<string, string>>
  readonly flow?: { readonly iss_supported?: boolean }
}

interface Request {
  readonly method?: string
  readonly target?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

interface Step extends Request {
  readonly expect?: string
  readonly parallel?: number
  readonly cancel_flow?: boolean
  readonly restart_app?: boolean
  readonly pre_bind_port_by_other_process?: boolean
  readonly start_second_flow?: { issuer: string; path: string; state: string }
}

const first = {
  state: 'x0Qm3vJr8yT2bN5cK7pL9sD1fG4hW6eZ0aU3iO8rYtB',
  issuer: 'https://auth.vendor.example',
  path: '/cb/5d41402a',
}

/** Runs every entry; an entry that cannot be run has not passed. */
export async function run(entries: readonly unknown[]): Promise<Outcome[]> {
  const results: Outcome[] = []
  for (const entry of entries as Entry[]) {
    const reason = await runEntry(entry).catch((error: unknown) => `could not be run: ${error}`)
    results.push(
      reason === null ? { id: entry.id, passed: true } : { id: entry.id, passed: false, reason },
    )
  }
  return results
}

async function runEntry(entry: Entry): Promise<string | null> {
  const flow = await startFlow({ ...first, issAdvertised: entry.flow?.iss_supported ?? true })
  try {
    return entry.input.sequence === undefined
      ? judgeSingle(entry, flow, await send(flow, entry.input))
      : await runSequence(entry, entry.input.sequence, flow)
  } finally {
    flow.listener.cancel()
  }
}

function judgeSingle(entry: Entry, flow: Flow, answer: Answer): string | null {
  if (entry.http_status && !entry.http_status.includes(answer.status))
    return `answered ${answer.status}`
  const text = answer.head + answer.body
  const reflected = entry.body_must_not_contain?.find((part) => text.includes(part))
  if (reflected !== undefined) return 'reflects what was sent'
  for (const [name, value] of Object.entries(entry.required_headers ?? {}))
    if (!answer.head.toLowerCase().includes(`\r\n${name}: ${value}\r\n`.toLowerCase()))
      return `lacks the header ${name}`
  if (entry.flow_after && !entry.flow_after.split('-or-').includes(flow.outcome()))
    return `the sign-in is ${flow.outcome()}`
  const codes = flow.codes()
  if ((entry.token_request ?? false) !== codes.length > 0) return `${codes.length} codes taken`
  if (entry.expect_code !== undefined && codes[0] !== entry.expect_code) return 'took another code'
  return null
}

async function runSequence(
  entry: Entry,
  steps: readonly Step[],
  original: Flow,
): Promise<string | null> {
  const flows = [original]
  const answers: Answer[] = []
  let wanted: string | null = null
  for (const step of steps) {
    if (step.cancel_flow) original.listener.cancel()
    if (step.restart_app) {
      // The old listener went with its process; the new one knows nothing of the old state.
      original.listener.cancel()
      flows.push(await startFlow({ ...first, issAdvertised: true, state: 'of-the-new-process' }))
    }
    if (step.start_second_flow)
      flows.push(await startFlow({ ...step.start_second_flow, issAdvertised: true }))
    if (step.pre_bind_port_by_other_process) wanted ??= await takenPort()
    if (step.target === undefined) continue
    for (const flow of flows) {
      const copies = Array.from({ length: step.parallel ?? 1 }, () => send(flow, step))
      const got = await Promise.all(copies)
      answers.push(...got)
      if (step.expect === 'accept' && !got.some((one) => one.status === 200))
        wanted ??= `a good answer got ${got.map((one) => one.status)}`
    }
  }
  const codes = flows.flatMap((flow) => flow.codes())
  for (const flow of flows.slice(1)) flow.listener.cancel()
  if (wanted !== null) return wanted
  if (codes.length !== entry.token_requests) return `${codes.length} codes taken`
  const accepted = answers.filter((one) => one.status === 200).length
  return accepted === entry.token_requests ? null : `${accepted} answers accepted`
}

/** Another program holds the port: the listener must say so, and a free one must be found before a URL is built. */
async function takenPort(): Promise<string | null> {
  const squatter = createServer().listen(0, '127.0.0.1')
  await once(squatter, 'listening')
  const address = squatter.address()
  const port = typeof address === 'object' && address ? address.port : 0
  try {
    const place = { host: '127.0.0.1', path: first.path }
    const refused = await openCallback({ ...place, port }, Date.now).then(
      (listener) => listener.cancel(),
      (error: unknown) => error,
    )
    if (!(refused instanceof Error)) return 'listened on a port that another program holds'
    const other = await openCallback({ ...place, port: 0 }, Date.now)
    other.cancel()
    return new URL(other.redirectUri).port === String(port) ? 'took the same port' : null
  } finally {
    squatter.close()
  }
}

interface Flow {
  readonly listener: CallbackListener
  outcome(): string
  codes(): string[]
}

async function startFlow(flow: {
  state: string
  issuer: string
  path: string
  issAdvertised: boolean
}): Promise<Flow> {
  const listener = await openCallback({ host: '127.0.0.1', port: 0, path: flow.path }, Date.now)
  let outcome = 'pending'
  const codes: string[] = []
  listener.wait(flow, Date.now() + 600_000).then(
    (parameters) => {
      outcome = 'completed'
      codes.push(parameters.get('code') ?? '')
    },
    () => {
      outcome = 'failed'
    },
  )
  return { listener, outcome: () => outcome, codes: () => codes }
}

interface Answer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Writes the request as it stands, so that no client library repairs it. Status 0: the port is closed. */
async function send(flow: Flow, request: Request): Promise<Answer> {
  const port = new URL(flow.listener.redirectUri).port
  const expand = (text: string) => text.replaceAll('{{PORT}}', port)
  const headers = { Host: '127.0.0.1:{{PORT}}', Connection: 'close', ...request.headers }
  const body = request.body ?? ''
  const lines = [
    `${request.method ?? 'GET'} ${request.target ?? '/'} HTTP/1.1`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ]
  const bytes = await exchange(Number(port), `${expand(lines.join('\r\n'))}\r\n\r\n${body}`)
  const text = bytes.toString('utf8')
  const end = text.indexOf('\r\n\r\n')
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
    head: text.slice(0, end + 2),
    body: text.slice(end + 4),
  }
}

function exchange(port: number, request: string): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  const socket = connect(port, '127.0.0.1')
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => undefined)
  socket.on('close', () => resolve(Buffer.concat(chunks)))
  socket.write(request)
  return promise
}
