import { setImmediate as tick } from 'node:timers/promises'
import type { Channel } from '../../../main/bridge/types.ts'
import type { Operation } from '../../../main/policy/decide.ts'
import type { Rule } from '../../../main/store/config-schema.ts'
import { type Random, seededRandom } from '../random-json.ts'
import { directSession } from './direct.ts'
import type { TestHouse } from './house.ts'

/** Random rule tables against random messages, with a server that only writes down what reaches it. */

const names = ['read', 'read_all', 'write', 'Write', 'file:///a/1', 'file:///b/2', 'x', '', 'wıde']
const globs = ['*', 'read*', 'write', '?', '*a*', 'file:///a/*', 'nothing', 'x']

/** Nobody can tell what a name means that only looks like another one. */
const toolOf = (name: string): Operation | null =>
  /^[\wı]+$/.test(name) ? { kind: 'tool', name } : null

interface Call {
  readonly method: string
  readonly params: Record<string, unknown>
  /** What the rules are asked about; null where nobody can tell what is meant. */
  readonly operation: Operation | null
  readonly notification?: boolean
}

function randomRules(random: Random): Rule[] {
  return Array.from({ length: random.below(6) }, () => {
    const narrowed = random.pick(['tool', 'resource', 'prompt', null, null])
    return {
      effect: random.pick(['allow', 'allow', 'deny']),
      client: random.pick(['*', 'one', 'two']),
      server: random.pick(['*', 's', 's', 'other']),
      ...(narrowed === null ? {} : { [narrowed]: random.pick(globs) }),
    } as Rule
  })
}

const session: Operation = { kind: 'session' }

function randomCall(random: Random): Call {
  const name = random.pick(names)
  const kinds: (() => Call)[] = [
    () => call('tools/call', { name, arguments: { a: 1 } }, toolOf(name)),
    () => call('prompts/get', { name }, { kind: 'prompt', name }),
    () => resource('resources/read', random),
    () => resource('resources/subscribe', random),
    () => resource('resources/unsubscribe', random),
    () => completion('ref/prompt', 'name', { kind: 'prompt', name }),
    () => completion('ref/resource', 'uri', { kind: 'resource', name }),
    () => call('ping', {}, session),
    () => call('logging/setLevel', { level: 'info' }, session),
    () => call(random.pick(lists), {}, session),
    () => note('notifications/progress', session),
    () => note('notifications/roots/list_changed', session),
    () => unknown('tasks/get', random),
    () => unknown('vendor/anything', random),
    () => ({ ...note('notifications/vendor', null), operation: other('notifications/vendor') }),
    () => call('tools/call', { name: random.pick([['read'], 7, null, {}, '\ud800']) }, null),
    () => call('tools/call', {}, null),
    () => call('resources/read', { uri: 'file:///a/../b/2' }, null),
    () => call('resources/read', { uri: 'file:///a/%2E%2e/b/2' }, null),
    () => call('completion/complete', { ref: { type: ['ref/prompt'], name } }, null),
    () => call('completion/complete', { ref: { type: 'ref/prompt', name, Name: 'write' } }, null),
  ]
  return random.pick(kinds)()
}

const lists = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list']
const other = (name: string): Operation => ({ kind: 'other', name })
const call = (method: string, params: Record<string, unknown>, operation: Operation | null) => ({
  method,
  params,
  operation,
})
const note = (method: string, operation: Operation | null): Call => ({
  method,
  params: { progressToken: 'none' },
  operation,
  notification: true,
})
const unknown = (method: string, random: Random) =>
  call(method, { name: random.pick(names) }, other(method))
function resource(method: string, random: Random): Call {
  const name = random.pick(names)
  return call(method, { uri: name }, { kind: 'resource', name })
}
function completion(type: string, member: string, operation: Operation & { name: string }): Call {
  const ref = { type, [member]: operation.name }
  return call('completion/complete', { ref, argument: { name: 'q', value: '' } }, operation)
}

const listed = (member: string, name: string) =>
  JSON.stringify({
    [member]: names.map((one) => ({ [name]: one, extra: 1, inputSchema: {} })),
    nextCursor: 'c',
  })
const results: Record<string, string> = {
  'tools/list': listed('tools', 'name'),
  'prompts/list': listed('prompts', 'name'),
  'resources/list': listed('resources', 'uri'),
  'resources/templates/list': listed('resourceTemplates', 'uriTemplate'),
}

/** Where a world went wrong, in words; empty where it went right. */
export async function runWorld(house: TestHouse, seed: number, count: number): Promise<string[]> {
  const random = seededRandom(seed)
  const failures: string[] = []
  house.rules = randomRules(random)
  const committed = house.state.prepare(
    "SELECT count(*) AS n FROM audit WHERE phase = 'intent' AND decision = 'allow' AND session = ? AND bytes = ?",
  )
  const forwarded = new Set<number>()
  let own = ''

  /** Each message is as long as no other of its session, which finds its row again. */
  function arrived(text: string): void {
    const index = Number(/"at":(\d+)/.exec(text)?.[1] ?? -1)
    if (index < 0) return
    if (forwarded.has(index)) failures.push(`${index} was forwarded twice`)
    forwarded.add(index)
    const row = committed.get(own, Buffer.byteLength(texts[index] ?? ''))
    if (row?.n !== 1) failures.push(`${index} reached the server before its intent was on disk`)
  }

  const { session: one, say } = directSession(house, {
    client: random.pick(['one', 'two']),
    hears({ text, method }) {
      arrived(text)
      return results[method] ?? '{}'
    },
  })
  own = one.principals.session

  const calls = Array.from({ length: count }, () => randomCall(random))
  const texts = calls.map(({ method, params, notification }, index) =>
    JSON.stringify({
      jsonrpc: '2.0',
      ...(notification ? {} : { id: index }),
      method,
      params: { ...params, _meta: { at: index, pad: 'x'.repeat(1_000 + index * 300) } },
    }),
  )
  const answers = new Map<number, string>()
  // A notification to a server that is not open concerns nobody: open it first.
  await say('{"jsonrpc":"2.0","id":"first","method":"ping"}', silent)
  await Promise.all(
    texts.map((text, index) => {
      const reply = (answer: string) => {
        if (answers.has(index)) failures.push(`${index} was answered twice`)
        answers.set(index, answer)
      }
      return say(text, { reply, send: reply, refuse: reply })
    }),
  )
  await tick()

  house.audit.flush()
  const rows = house.state
    .prepare('SELECT call, phase, bytes, outcome FROM audit WHERE session = ?')
    .all(own)
  const may = (operation: Operation | null) =>
    operation !== null &&
    house.decide({ principals: one.principals, server: 's', operation }).effect === 'allow'
  const opens = may(session)
  calls.forEach(({ method, operation, notification }, index) => {
    const allowed = may(operation)
    // Without any right at the server it was not opened, and a notification has nowhere to go.
    const expected = allowed && (opens || !notification)
    if (forwarded.has(index) !== expected)
      failures.push(`${index} ${method} was ${expected ? 'kept back' : 'forwarded'}`)
    const bytes = Buffer.byteLength(texts[index] ?? '')
    const intents = rows.filter((row) => row.phase === 'intent' && row.bytes === bytes)
    if (intents.length !== 1) failures.push(`${index} has ${intents.length} intents`)
    const ended = rows.filter((row) => row.phase === 'outcome' && row.call === intents[0]?.call)
    if (ended.length !== 1) failures.push(`${index} has ${ended.length} outcomes`)
    if ((ended[0]?.outcome === 'denied') !== !allowed) failures.push(`${index} is recorded wrongly`)
    const answer = answers.get(index)
    if ((answer === undefined) !== (notification === true))
      failures.push(`${index} has ${answer === undefined ? 'no' : 'an'} answer`)
    if (allowed && answer !== undefined && lists.includes(method))
      failures.push(...compare(method, answer, may))
  })
  await one.close()
  return failures
}

/** What a list shows is what may be called, no more and no less. */
function compare(
  method: string,
  answer: string,
  may: (operation: Operation | null) => boolean,
): string[] {
  const kind = method.slice(0, method.indexOf('s/')) as 'tool' | 'resource' | 'prompt'
  const { result } = JSON.parse(answer) as { result: Record<string, Record<string, string>[]> }
  const [lines = []] = Object.values(result)
  const shown = lines.map((line) => line.name ?? line.uri ?? line.uriTemplate)
  const callable = names.filter((name) => may(kind === 'tool' ? toolOf(name) : { kind, name }))
  return JSON.stringify(shown) === JSON.stringify(callable)
    ? []
    : [`${method} shows ${shown.join()} and ${callable.join()} may be called`]
}

const silent: Channel = { reply: () => {}, send: () => {}, refuse: () => {} }
