import { lstatSync, readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import path from 'node:path'
import { createParser } from 'eventsource-parser'
import { z } from 'zod'
import {
  type Channel,
  ContractError,
  channels,
  type EventName,
  errorSchema,
  type Input,
  type Output,
} from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'

/** The companion of one home, over its control socket. The socket's permissions are the authentication. */
export interface ControlClient {
  /** @throws ContractError what the companion answered; WarderError `companion.*` */
  call<C extends Channel>(channel: C, input: Input<C>): Promise<Output<C>>
  /**
   * Resolves once the companion tells us of an event, so that nothing after that is missed. Each step of the result is
   * the sign that it happened, once or several times; it never ends but throws `companion.unreachable`.
   */
  listen(event: EventName): Promise<AsyncGenerator<void, never>>
}

export function createControlClient(home: string): ControlClient {
  return {
    async call(channel, input) {
      const response = await exchange(home, 'POST', `/api/${channel}`, JSON.stringify(input))
      const answer = parseJson(await readText(response))
      if (response.statusCode !== 200) throw refusal(answer)
      return understood<unknown>(channels[channel].output.safeParse(answer)) as Output<
        typeof channel
      >
    },
    async listen(event) {
      const response = await exchange(home, 'GET', '/api/events')
      if (response.statusCode !== 200) throw refusal(parseJson(await readText(response)))
      return signs(response, event)
    },
  }
}

async function* signs(response: IncomingMessage, event: EventName): AsyncGenerator<void, never> {
  let happened = false
  const parser = createParser({
    onEvent(message) {
      happened ||= message.event === event
    },
  })
  response.setEncoding('utf8')
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<string>
  for (;;) {
    parser.feed(await nextChunk(chunks))
    if (happened) yield
    happened = false
  }
}

async function nextChunk(chunks: AsyncIterator<string>): Promise<string> {
  let cause: unknown
  try {
    const { value, done } = await chunks.next()
    if (!done) return value
  } catch (error) {
    cause = error
  }
  throw unreachable('The companion ended.', cause)
}

function exchange(
  home: string,
  method: string,
  target: string,
  body?: string,
): Promise<IncomingMessage> {
  const socketPath = controlSocket(home)
  const headers =
    body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        socketPath,
        method,
        path: target,
        agent: false,
        headers: { host: 'localhost', ...headers },
      },
      resolve,
    )
    outgoing.on('error', (cause) =>
      reject(
        isErrno(cause, 'ECONNRESET', 'EPIPE')
          ? unreachable('The companion ended before it answered.', cause)
          : unreachable(`No companion answers for ${home}.`, cause),
      ),
    )
    outgoing.end(body)
  })
}

/** Only the path of the control socket concerns us; the rest of run.json is the shim's. */
const runFile = z.object({ version: z.literal(1), control: z.string().min(1) })

function controlSocket(home: string): string {
  let text: string
  try {
    text = readFileSync(path.join(home, 'run.json'), 'utf8')
  } catch (cause) {
    throw unreachable(`No companion answers for ${home}.`, cause)
  }
  const run = runFile.safeParse(parseJson(text))
  if (!run.success)
    throw unreachable(`${path.join(home, 'run.json')} is not one that this Warder understands.`)
  refuseForeign(run.data.control)
  return run.data.control
}

/** A secret may follow: a socket that another user put there gets not even a request. */
function refuseForeign(socket: string): void {
  if (process.getuid === undefined) return
  const found = lstatSync(socket, { throwIfNoEntry: false })
  if (found !== undefined && found.uid !== process.getuid())
    throw new WarderError(
      'companion.foreign',
      `The control socket ${socket} belongs to another user.`,
    )
}

async function readText(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8')
  let text = ''
  try {
    for await (const chunk of response as AsyncIterable<string>) text += chunk
  } catch (cause) {
    throw unreachable('The companion ended before it answered.', cause)
  }
  return text
}

function refusal(answer: unknown): Error {
  const view = errorSchema.safeParse(answer)
  return view.success ? new ContractError(view.data) : notUnderstood()
}

function understood<T>(parsed: z.ZodSafeParseResult<T>): T {
  if (parsed.success) return parsed.data
  throw notUnderstood(parsed.error)
}

/** @returns undefined where it is not JSON: no schema of the contract takes that */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const notUnderstood = (cause?: unknown) =>
  new WarderError(
    'companion.not_understood',
    'The companion answered in a form that this command line does not know.',
    { cause },
  )

const unreachable = (message: string, cause?: unknown) =>
  new WarderError('companion.unreachable', message, { cause })

const isErrno = (error: unknown, ...codes: string[]) =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code))
