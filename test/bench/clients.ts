import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import { eachLine } from './floor/lines.mjs'

/**
 * MCP clients that cost next to nothing, so that what is measured is what stands behind them: no SDK, no schema, one
 * `JSON.parse` a message.
 */
export interface BenchClient {
  /** Of the program that it started, else undefined. */
  readonly pid: number | undefined
  /** Opens the session. @returns milliseconds since the client was made */
  open(): Promise<number>
  /** One `tools/call` of `echo`. @throws Error where the answer is none */
  call(args?: Readonly<Record<string, unknown>>): Promise<Answer>
  /** Any other request. */
  request(method: string, params: unknown): Promise<Answer>
  close(): Promise<void>
}

export interface Answer {
  readonly id: number
  readonly result?: { readonly [name: string]: unknown }
  readonly error?: unknown
}

/** What a client may pass on to a program that it starts: the rest of ours would make runs differ. */
const ENVIRONMENT = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'XDG_RUNTIME_DIR']

export const bareEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    ENVIRONMENT.flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  )

const opening = {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'warder-bench', version: '1' },
}

/** A client that starts what it talks to. */
export function stdioClient(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): BenchClient {
  const began = performance.now()
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...bareEnvironment(), ...env },
  })
  const waiting = new Map<number, PromiseWithResolvers<Answer>>()
  let counter = 0
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2_000)
  })
  child.stdin.on('error', () => {})
  child.once('exit', (code) => {
    for (const { reject } of waiting.values())
      reject(new Error(`${program} ended with ${code}: ${complaint}`))
  })
  eachLine(child.stdout, (line: string) => {
    const message = JSON.parse(line) as Answer & { method?: string }
    if (message.method === 'roots/list') return tell({ id: message.id, result: { roots: [] } })
    if (message.method !== undefined) return
    waiting.get(message.id)?.resolve(message)
    waiting.delete(message.id)
  })

  function tell(message: object): void {
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  }

  function request(method: string, params: unknown): Promise<Answer> {
    const id = ++counter
    const answer = Promise.withResolvers<Answer>()
    waiting.set(id, answer)
    tell({ id, method, params })
    return answer.promise
  }

  return {
    pid: child.pid,
    request,
    async open() {
      checked(await request('initialize', opening))
      const took = performance.now() - began
      tell({ method: 'notifications/initialized' })
      return took
    },
    call: async (args = HELLO) =>
      checked(await request('tools/call', { name: 'echo', arguments: args })),
    async close() {
      child.stdin.end()
      await gone(child)
    },
  }
}

/** A client of an endpoint that is there already. */
export function httpClient(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): BenchClient {
  const began = performance.now()
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 })
  let session: Record<string, string> = {}
  let counter = 0

  function post(message: { id?: number; [name: string]: unknown }): Promise<Answer | null> {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message })
    return new Promise((resolve, reject) => {
      const request = http.request(url, {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'content-length': Buffer.byteLength(text),
          ...session,
          ...headers,
        },
      })
      request.on('error', reject)
      request.on('response', (response) => {
        const given = response.headers['mcp-session-id']
        if (typeof given === 'string') session = { 'mcp-session-id': given }
        let body = ''
        response.setEncoding('utf8')
        response.on('error', reject)
        response.on('data', (chunk: string) => {
          body += chunk
        })
        response.on('end', () => {
          if ((response.statusCode ?? 0) >= 400)
            reject(new Error(`${url} answered ${response.statusCode}: ${body.slice(0, 300)}`))
          else resolve(message.id === undefined ? null : answerIn(body, message.id))
        })
      })
      request.end(text)
    })
  }

  async function request(method: string, params: unknown): Promise<Answer> {
    const answer = await post({ id: ++counter, method, params })
    if (answer === null) throw new Error(`${url} gave no answer`)
    return answer
  }

  return {
    pid: undefined,
    request,
    async open() {
      checked(await request('initialize', opening))
      const took = performance.now() - began
      await post({ method: 'notifications/initialized' })
      return took
    },
    call: async (args = HELLO) =>
      checked(await request('tools/call', { name: 'echo', arguments: args })),
    async close() {
      agent.destroy()
    },
  }
}

const HELLO = { message: 'hello' }

function checked(answer: Answer): Answer {
  if (answer.result === undefined || answer.result.isError === true)
    throw new Error(`not an answer: ${JSON.stringify(answer).slice(0, 500)}`)
  return answer
}

/** A plain answer, or the one event of a stream that answers. */
function answerIn(body: string, id: number): Answer | null {
  if (body.startsWith('{')) return JSON.parse(body) as Answer
  const events = body.split(/\r?\n/).flatMap((line) => {
    const data = line.startsWith('data:') ? line.slice('data:'.length).trim() : ''
    return data === '' ? [] : [JSON.parse(data) as Answer]
  })
  return events.find((message) => message.id === id) ?? null
}

/** Ends with its input; one that does not is ended, by its own id. */
async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await once(child, 'exit')
  clearTimeout(timer)
}
