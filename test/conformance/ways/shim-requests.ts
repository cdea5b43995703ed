import { type ChildProcess, spawn } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { StdioServerParameters } from '@modelcontextprotocol/sdk/client/stdio.js'
import { endProcess } from '../../harness/processes.ts'

interface Message {
  id?: unknown
  method?: string
  params?: { _meta?: Record<string, unknown>; progressToken?: unknown; [key: string]: unknown }
  error?: { code: number }
}

interface Open {
  readonly request: Message
  readonly response: ServerResponse
}

export interface RequestEndpoint {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  close(): Promise<void>
}

const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId'

/**
 * Lets the suite, which speaks HTTP only, talk to a program over stdio in requests that stand alone (MCP 2026-07-28): all
 * of them to one process, under ids of ours, since two who ask may choose the same. What the program says while it works
 * goes to the stream that it belongs to; a stream that is closed is a request that is cancelled.
 */
export function requestsOverStdio({
  command,
  args = [],
  env,
}: StdioServerParameters): RequestEndpoint {
  const child: ChildProcess = spawn(command, args, {
    env: { ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const open = new Map<string, Open>()
  let count = 0
  child.stdin?.on('error', () => {})
  child.once('close', () => {
    for (const { response } of open.values()) response.destroy()
  })
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => hear(JSON.parse(line)))

  const write = (message: Message) => child.stdin?.write(`${JSON.stringify(message)}\n`)

  function hear(message: Message): void {
    if (message.method === undefined) answer(message)
    else say(message)
  }

  function say(message: Message): void {
    const [id, whose] = belongsTo(message)
    if (whose === undefined) return
    const meta = message.params?._meta
    if (meta?.[SUBSCRIPTION] === id) meta[SUBSCRIPTION] = whose.request.id
    event(whose.response, message)
  }

  function belongsTo({ params }: Message): [string, Open | undefined] {
    const subscription = String(params?._meta?.[SUBSCRIPTION])
    if (open.has(subscription)) return [subscription, open.get(subscription)]
    const all = [...open].filter(([, { request }]) => request.method !== 'subscriptions/listen')
    const token = params?.progressToken
    const [id, whose] =
      all.find(
        ([, { request }]) => token !== undefined && request.params?._meta?.progressToken === token,
      ) ??
      all.at(-1) ??
      []
    return [id ?? '', whose]
  }

  function answer(message: Message): void {
    const id = String(message.id)
    const whose = open.get(id)
    if (whose === undefined) return
    open.delete(id)
    const { request, response } = whose
    const own = { ...message, id: request.id }
    if (response.headersSent) event(response, own)
    else
      response
        .writeHead(statusOf(own.error?.code), { 'content-type': 'application/json' })
        .write(JSON.stringify(own))
    response.end()
  }

  return {
    async handle(request, response) {
      if (request.method !== 'POST') return void response.writeHead(405, { allow: 'POST' }).end()
      const message: Message = JSON.parse(await text(request))
      if (message.id === undefined) {
        write(message)
        return void response.writeHead(202).end()
      }
      const id = `ours-${count++}`
      open.set(id, { request: message, response })
      response.once('close', () => {
        if (open.delete(id))
          write(notification('notifications/cancelled', { requestId: id, reason: 'gone' }))
      })
      write({ ...message, id })
    },
    close: () => endProcess(child),
  }
}

const notification = (method: string, params: Record<string, unknown>) => ({
  jsonrpc: '2.0',
  method,
  params,
})

function event(response: ServerResponse, message: Message): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(`data: ${JSON.stringify(message)}\n\n`)
}

/** On stdio there is no status; over HTTP the protocol names one for these errors. */
function statusOf(code: number | undefined): number {
  if (code === -32601) return 404
  return code !== undefined && [-32020, -32021, -32022, -32602].includes(code) ? 400 : 200
}
