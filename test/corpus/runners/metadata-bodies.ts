import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { z } from 'zod'

/** What stands at one address of the painted internet. */
export interface Body {
  readonly status?: number
  readonly json?: unknown
  /** Text as it is, or a generator of the corpus. */
  readonly raw?: unknown
  readonly challenge?: string
  /** A registration response; the redirect URI of the entry stands for the one that was asked for. */
  readonly registration?: Readonly<Record<string, unknown>>
}

const generator = z.discriminatedUnion('gen', [
  z.looseObject({
    gen: z.literal('nest'),
    open: z.string(),
    close: z.string(),
    depth: z.number(),
    core: z.string(),
  }),
  z.looseObject({
    gen: z.literal('repeat'),
    unit: z.string(),
    count: z.number(),
    prefix: z.string().default(''),
    suffix: z.string().default(''),
  }),
  z.looseObject({ gen: z.literal('drip') }),
  z.looseObject({ gen: z.literal('status'), status: z.number(), body: z.string() }),
])

/** @param seen is told the request's body */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  body: Body,
  seen: (text: string) => void,
): Promise<void> {
  const asked = await text(request)
  seen(asked)
  if (body.challenge !== undefined) response.setHeader('www-authenticate', body.challenge)
  if (body.registration !== undefined) reply(response, 201, registered(body, asked))
  else if (body.raw !== undefined && typeof body.raw !== 'string') generate(response, body.raw)
  else reply(response, body.status ?? 200, body.raw ?? JSON.stringify(body.json ?? {}))
}

function reply(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(status === 304 ? undefined : String(content))
}

function registered({ registration }: Body, asked: string): string {
  const { redirect_uris: wanted } = JSON.parse(asked) as { redirect_uris: string[] }
  return JSON.stringify(registration).replaceAll('http://127.0.0.1:49152/cb/7f3a', wanted[0] ?? '')
}

function generate(response: ServerResponse, raw: unknown): void {
  const made = generator.parse(raw)
  switch (made.gen) {
    case 'nest': {
      const { open, core, close, depth } = made
      reply(response, 200, open.repeat(depth) + core + close.repeat(depth))
      break
    }
    case 'repeat':
      reply(response, 200, made.prefix + made.unit.repeat(made.count) + made.suffix)
      break
    case 'status':
      reply(response, made.status, made.body)
      break
    case 'drip':
      // The first byte comes, the rest is never done: only a deadline for the whole body ends this.
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{')
  }
}
