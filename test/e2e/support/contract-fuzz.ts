import path from 'node:path'
import { z } from 'zod'
import { errorCodes } from '../../../main/error-codes.ts'
import { type Channel, channels, errorSchema } from '../../../preload/contract/index.ts'
import { type Random, seededRandom } from '../../bridge/random-json.ts'

/** Input for every channel of the contract: what its schema describes, bent here and there, or nothing like it. */

export interface Case {
  readonly channel: string
  readonly input: unknown
}

/** What came back, whatever carried it. */
export type Reply = { readonly output: unknown } | { readonly error: unknown }

/** @param ran a file that would exist if any command of an input had been run */
export function contractCases(count: number, seed: number, ran: string): Case[] {
  const random = seededRandom(seed)
  const names = Object.keys(channels) as Channel[]
  return Array.from({ length: count }, (_, at) => {
    // Each channel in turn, so that none depends on luck.
    const channel = names[at % names.length] as Channel
    if (random.below(50) === 0) return { channel: random.pick(STRANGE_CHANNELS), input: {} }
    return { channel, input: inputFor(channel, random, ran) }
  })
}

const STRANGE_CHANNELS = [
  '',
  '__proto__',
  'constructor',
  'toString',
  'status:get ',
  'STATUS:GET',
  '../status:get',
]

function inputFor(channel: Channel, random: Random, ran: string): unknown {
  if (random.below(5) === 0) return wild(random, 3)
  const schema = z.toJSONSchema(channels[channel].input, { io: 'input', unrepresentable: 'any' })
  const input = fitting(schema as Described, random, ran)
  if (random.below(5) === 0 && typeof input === 'object' && input !== null)
    return { ...input, [random.pick(KEYS)]: wild(random, 2) }
  return input
}

/** The part of JSON Schema that the contract uses. */
interface Described {
  readonly type?: string
  readonly format?: string
  readonly pattern?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Described>>
  readonly anyOf?: readonly Described[]
  readonly oneOf?: readonly Described[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly items?: Described
}

function fitting(schema: Described, random: Random, ran: string): unknown {
  if (random.below(12) === 0) return wild(random, 2)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return fitting(random.pick(choices), random, ran)
  if (schema.enum !== undefined) return random.pick(schema.enum)
  if (schema.const !== undefined) return schema.const
  switch (schema.type) {
    case 'object':
      return schema.properties === undefined
        ? definition(random, ran)
        : Object.fromEntries(
            Object.entries(schema.properties)
              .filter(([key]) => random.below(10) > (schema.required?.includes(key) ? 0 : 6))
              .map(([key, member]) => [key, fitting(member, random, ran)]),
          )
    case 'array':
      return Array.from({ length: random.below(3) }, () => fitting(schema.items ?? {}, random, ran))
    case 'boolean':
      return random.below(2) === 0
    case 'integer':
    case 'number':
      return random.pick(NUMBERS)
    case 'string':
      if (schema.format === 'date-time') return '2026-01-01T00:00:00Z'
      // No luck makes the hash of a file.
      if (schema.pattern?.includes('{64}')) return 'a'.repeat(64)
      return random.pick(STRINGS)
    default:
      return wild(random, 2)
  }
}

/** A server, by a URL that leads nowhere or a command that leaves a trace. */
const definition = (random: Random, ran: string) =>
  random.pick<() => unknown>([
    () => ({ url: random.pick(URLS) }),
    () => ({
      url: random.pick(URLS),
      auth: 'header',
      headers: { authorization: 'secret:planted' },
    }),
    () => ({ command: '/usr/bin/touch', args: [ran] }),
    () => ({ command: 'sh', args: ['-c', `touch '${ran}'`], env: { KEY: 'secret:planted' } }),
    () => ({ command: `touch ${ran}` }),
    () => wild(random, 2),
  ])()

function wild(random: Random, depth: number): unknown {
  if (depth === 0 || random.below(3) > 0) return random.pick([...STRINGS, ...NUMBERS, ...OTHERS])
  if (random.below(2) === 0)
    return Array.from({ length: random.below(4) }, () => wild(random, depth - 1))
  return Object.fromEntries(
    Array.from({ length: random.below(4) }, () => [random.pick(KEYS), wild(random, depth - 1)]),
  )
}

const OTHERS = [null, true, false, [], {}]
const NUMBERS = [0, -0, 1, -1, 7, 100, 1000, 10_001, 0.5, 1e21, Number.MAX_SAFE_INTEGER, -(2 ** 53)]
const KEYS = [
  'name',
  'server',
  'confirm',
  'constructor',
  '__proto__',
  'toString',
  'length',
  'a\u0000b',
  '',
]
const URLS = [
  'https://127.0.0.1:1/mcp',
  'https://nobody.invalid/mcp',
  'http://169.254.169.254/latest/meta-data',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'https://user:pass@nobody.invalid/',
]
const STRINGS = [
  'planted',
  'keyed',
  'desk',
  'secret:planted',
  'keyed/alice',
  '',
  'a',
  'NAME',
  '../../etc/passwd',
  `..${path.sep}config.json`,
  '-rf',
  '--yes',
  '$(id)',
  "'; DROP TABLE meta; --",
  '%00',
  '\u0000',
  '\ud800',
  '\u202eevil',
  '\u001b[2J',
  '<img src=x onerror=alert(1)>',
  '$HOME',
  '{{secret:planted}}',
  '__proto__',
  '2026-01-01T00:00:00Z',
  '{"name":"planted"}',
  'x'.repeat(65),
  'é'.repeat(300),
  'y'.repeat(70_000),
  ...URLS,
]

/** @returns what is wrong with a reply, or null: it is a view of its channel, or an error with a code that is documented */
export function wrongReply({ channel }: Case, reply: Reply): string | null {
  if ('error' in reply) {
    const error = errorSchema.strict().safeParse(reply.error)
    if (!error.success) return `the error has another form: ${JSON.stringify(reply.error)}`
    const { code } = error.data
    if (code === 'internal.unexpected') return 'it ended with internal.unexpected'
    return Object.hasOwn(errorCodes, code) ? null : `the code ${code} is unknown`
  }
  if (!Object.hasOwn(channels, channel)) return 'there is no such channel, and it was answered'
  const view = channels[channel as Channel].output.safeParse(reply.output)
  return view.success ? null : `it is no view of ${channel}: ${view.error.message}`
}

/** What undoes that everything is refused now, so that the next case finds the companion as the one before. */
export function wayBack({ channel }: Case, reply: Reply): Channel | null {
  if ('error' in reply) return null
  switch (channel) {
    case 'stop:now':
      return 'stop:resume'
    case 'hold:pause':
      return 'hold:resume'
    case 'hold:lock':
      return 'hold:unlock'
    default:
      return null
  }
}
