import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

/** The frames of `stdio.json`, as the bytes that they stand for. */

const count = z.number().int().nonnegative()
const text = z.string()

/** What is written: bytes, or a description of bytes that are too many to write out. */
const written = z.union([
  text,
  z.strictObject({ b64: text, split_at: count.optional() }),
  z.strictObject({ pause_ms: count }),
  z.strictObject({ gen: z.literal('repeat'), unit: text, count }),
  z.strictObject({ gen: z.literal('response'), id: z.unknown(), text_bytes: count }),
  z.strictObject({ gen: z.literal('drip'), unit: text, bytes_per_second: z.number().positive() }),
  z.strictObject({ gen: z.literal('chunks_of_1_byte'), of: text }),
  z.strictObject({ gen: z.literal('no_newline'), of: text }),
  z.strictObject({ gen: z.literal('frames'), frame: text, count }),
  z.strictObject({ gen: z.literal('progress'), token: z.unknown(), count }),
  z.strictObject({
    gen: z.literal('nest'),
    open: text,
    close: text,
    depth: count,
    core: text.default(''),
  }),
  z.strictObject({ gen: z.literal('many_keys'), count }),
])

/** What a server does beside writing to its output. */
const done = z.union([
  z.strictObject({ gen: z.literal('stderr_repeat'), unit: text, count }),
  z.strictObject({ close_stdout: z.literal(true) }),
  z.strictObject({ gen: z.literal('crash_loop'), exit_code: z.number(), delay_ms: count }),
  z.strictObject({ gen: z.literal('fork_children'), count }),
  z.strictObject({ gen: z.literal('ignore_sigterm') }),
  z.strictObject({ gen: z.literal('close_stdin_only') }),
])

export const frame = z.union([written, done])
export type WrittenFrame = z.output<typeof written>
export type Frame = z.output<typeof frame>

export const isWritten = (one: Frame): one is WrittenFrame => written.safeParse(one).success

/** What the server of `fixtures/stdio-server.ts` is to do. */
export interface Script {
  readonly frames: readonly Frame[]
  readonly before: 'call' | 'opening'
  /** The tool that the first list shows; the frames are a later one. */
  readonly earlier: Record<string, unknown> | null
  /** In the place of `7` in the frames: the id of the call in flight. */
  readonly renumber: boolean
  /** Written to its stderr with the frames. */
  readonly stderr: string
  /** How its own answer ends: by the book, or with the process. */
  readonly ends: 'answer' | 'exit' | 'never'
}

export const OWN_ANSWER = 'the answer of the server itself'

const PIECE = 64 * 1024

/** The pieces in which a frame is written, one write each. Endless for a drip; stop asking. */
export async function* pieces(one: WrittenFrame): AsyncGenerator<Buffer> {
  if (typeof one === 'string') return yield Buffer.from(lists(one))
  if ('b64' in one) {
    const bytes = Buffer.from(one.b64, 'base64')
    const at = one.split_at ?? bytes.length
    yield bytes.subarray(0, at)
    if (at < bytes.length) yield bytes.subarray(at)
    return
  }
  if ('pause_ms' in one) return void (await sleep(one.pause_ms))
  switch (one.gen) {
    case 'repeat':
      return yield* many(one.unit, one.count)
    case 'frames':
      return yield* many(one.frame, one.count)
    case 'progress':
      for (let at = 1; at <= one.count; at++) yield Buffer.from(progress(one.token, at))
      return
    case 'response':
      yield Buffer.from(
        `{"jsonrpc":"2.0","id":${JSON.stringify(one.id)},"result":{"content":[{"type":"text","text":"`,
      )
      yield* many('A', one.text_bytes)
      return yield Buffer.from('"}]}}\n')
    case 'nest':
      yield* many(one.open, one.depth)
      yield Buffer.from(one.core)
      return yield* many(one.close, one.depth)
    case 'many_keys':
      yield Buffer.from('{"jsonrpc":"2.0","id":7,"result":{"k":0')
      for (let at = 0; at < one.count; at += 1_000)
        yield Buffer.from(
          Array.from(
            { length: Math.min(1_000, one.count - at) },
            (_, index) => `,"k${at + index}":0`,
          ).join(''),
        )
      return yield Buffer.from('}}\n')
    case 'chunks_of_1_byte':
      for (const byte of Buffer.from(one.of)) yield Buffer.from([byte])
      return
    case 'no_newline':
      return yield Buffer.from(one.of)
    case 'drip':
      for (;;) {
        yield Buffer.from(one.unit)
        await sleep((1_000 * Buffer.byteLength(one.unit)) / one.bytes_per_second)
      }
  }
}

const progress = (token: unknown, at: number) =>
  `${JSON.stringify({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: token, progress: at },
  })}\n`

/** So often a unit, in pieces of a good size. */
export function* many(unit: string, times: number): Generator<Buffer> {
  const perPiece = Math.max(1, Math.floor(PIECE / Math.max(1, Buffer.byteLength(unit))))
  const piece = Buffer.from(unit.repeat(Math.min(perPiece, times)))
  for (let left = times; left > 0; left -= perPiece)
    yield left >= perPiece ? piece : Buffer.from(unit.repeat(left))
}

/** `{"gen":"list","count":N}` inside a frame stands for a list of N tools. */
function lists(one: string): string {
  return one.replace(/\{"gen":"list","count":(\d+)\}/g, (_, times: string) =>
    JSON.stringify(
      Array.from({ length: Number(times) }, (_one, at) => ({
        name: `tool_${at}`,
        inputSchema: { type: 'object' },
      })),
    ),
  )
}

/** The messages that stand in the text of frames, in order; what is no JSON is left out. */
export function messagesIn(frames: readonly Frame[]): Record<string, unknown>[] {
  return frames.flatMap((one) => {
    if (typeof one === 'string') return parsed(one)
    if (!('gen' in one)) return []
    if (one.gen === 'frames')
      return Array.from({ length: one.count }, () => parsed(one.frame)).flat()
    return 'of' in one ? parsed(one.of) : []
  })
}

function parsed(lines: string): Record<string, unknown>[] {
  return lines.split('\n').flatMap((line) => {
    try {
      const message: unknown = JSON.parse(line)
      return typeof message === 'object' && message !== null
        ? [message as Record<string, unknown>]
        : []
    } catch {
      return []
    }
  })
}
