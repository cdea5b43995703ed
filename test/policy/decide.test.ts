import { describe, expect, it } from 'vitest'
import { createDecide, type DecisionRequest, type Operation } from '../../main/policy/decide.ts'
import { matches } from '../../main/policy/glob.ts'
import type { Rule } from '../../main/store/config-schema.ts'
import { seededRandom } from '../bridge/random-json.ts'

const tool = (name: string): Operation => ({ kind: 'tool', name })
const request = (operation: Operation, client = 'cursor', server = 'notes'): DecisionRequest => ({
  principals: { user: 'me', client, proof: 'bearer', session: 's' },
  server,
  operation,
})
const isKnown = (name: string) => name === 'cursor' || name === 'claude'
const decideWith = (...rules: Rule[]) => createDecide({ rules: () => rules, isClient: isKnown })

const everything: Rule = { effect: 'allow', client: '*', server: '*' }

describe('a decision', () => {
  it('is no where no rule speaks, and for a client that nobody let in', () => {
    expect(decideWith()(request(tool('read')))).toEqual({
      effect: 'deny',
      rule: 'no rule allows it',
    })
    expect(decideWith(everything)(request(tool('read'), 'stranger'))).toEqual({
      effect: 'deny',
      rule: 'unknown client',
    })
    expect(decideWith(everything)(request({ kind: 'session' }, 'stranger')).effect).toBe('deny')
  })

  it('is the denying rule’s wherever it stands, and names it', () => {
    const deny: Rule = { effect: 'deny', client: 'cursor', server: 'n*', tool: 'delete_*' }
    for (const rules of [
      [deny, everything],
      [everything, deny],
    ]) {
      const decide = decideWith(...rules)
      expect(decide(request(tool('delete_note')))).toEqual({
        effect: 'deny',
        rule: 'deny client=cursor server=n* tool=delete_*',
      })
      expect(decide(request(tool('delete_note'), 'claude')).effect).toBe('allow')
      expect(decide(request(tool('delete_note'), 'cursor', 'search')).effect).toBe('allow')
      expect(decide(request(tool('read'))).rule).toBe('allow client=* server=*')
    }
  })

  it('is that of the first rule that allows, where none denies', () => {
    const own: Rule = { effect: 'allow', client: 'cursor', server: 'notes' }
    const ruleOf = (...rules: Rule[]) => decideWith(...rules)(request(tool('read'))).rule
    expect(ruleOf(own, everything)).toBe('allow client=cursor server=notes')
    expect(ruleOf(everything, own)).toBe('allow client=* server=*')
  })

  const narrow = (effect: Rule['effect']): Rule => ({
    effect,
    client: '*',
    server: '*',
    tool: 'r*',
  })
  it.each<[string, Rule[], Operation, 'allow' | 'deny']>([
    ['a narrow allow opens the session', [narrow('allow')], { kind: 'session' }, 'allow'],
    ['a narrow allow is for its kind', [narrow('allow')], { kind: 'prompt', name: 'r' }, 'deny'],
    ['a narrow allow is for its names', [narrow('allow')], tool('write'), 'deny'],
    [
      'a narrow allow is not for unknown methods',
      [narrow('allow')],
      { kind: 'other', name: 'r' },
      'deny',
    ],
    ['a wide allow is for unknown methods', [everything], { kind: 'other', name: 'x/y' }, 'allow'],
    [
      'a narrow deny leaves the session',
      [everything, narrow('deny')],
      { kind: 'session' },
      'allow',
    ],
    ['a narrow deny alone opens nothing', [narrow('deny')], { kind: 'session' }, 'deny'],
    [
      'a narrow deny leaves other kinds',
      [everything, narrow('deny')],
      { kind: 'resource', name: 'r' },
      'allow',
    ],
    [
      'a wide deny closes the session',
      [narrow('allow'), { ...everything, effect: 'deny' }],
      { kind: 'session' },
      'deny',
    ],
    [
      'a wide deny is for everything',
      [narrow('allow'), { ...everything, effect: 'deny' }],
      tool('read'),
      'deny',
    ],
    ['case matters', [{ ...narrow('allow'), tool: 'Read' }], tool('read'), 'deny'],
    ['a name that cannot be read is no name', [everything], tool(''), 'deny'],
    [
      'a resource without a name is none',
      [{ ...everything, resource: '*' }],
      { kind: 'resource', name: '' },
      'deny',
    ],
  ])('%s', (_what, rules, operation, effect) => {
    expect(decideWith(...rules)(request(operation)).effect).toBe(effect)
  })

  it('is no for a tool that waits for a person, and says so', () => {
    const words: Record<string, 'approved' | 'held'> = { good: 'approved', bad: 'held' }
    const decide = createDecide({
      rules: () => [everything],
      isClient: () => true,
      pinned: (server, name) => (server === 'notes' ? (words[name] ?? 'unknown') : 'unknown'),
    })
    expect(['good', 'bad', 'new'].map((name) => decide(request(tool(name))))).toEqual([
      { effect: 'allow', rule: 'allow client=* server=*' },
      { effect: 'deny', rule: 'the tool waits for a person', code: 'policy.tool_held' },
      { effect: 'allow', rule: 'allow client=* server=*' },
    ])
    const denied = createDecide({
      rules: () => [everything, { ...everything, effect: 'deny' }],
      isClient: () => true,
      pinned: () => 'held',
    })
    expect(denied(request(tool('bad')))).toEqual({ effect: 'deny', rule: 'deny client=* server=*' })
  })

  it('is no where the rules cannot be read', () => {
    const decide = createDecide({
      rules: () => {
        throw new Error('gone')
      },
      isClient: () => true,
    })
    expect(decide(request(tool('read')))).toEqual({
      effect: 'deny',
      rule: 'the rules could not be evaluated',
    })
  })

  it('follows the rules as they change', () => {
    let rules: Rule[] = [everything]
    const decide = createDecide({ rules: () => rules, isClient: () => true })
    expect(decide(request(tool('read'))).effect).toBe('allow')
    rules = []
    expect(decide(request(tool('read'))).effect).toBe('deny')
  })
})

describe('decisions about anything', () => {
  const random = seededRandom(5)
  const kinds = ['tool', 'resource', 'prompt'] as const
  const names = ['a', 'ab', 'b', 'a/b', 'x']
  const globs = ['*', 'a*', '?', 'b', 'ab', '*b', 'zzz']

  function randomRule(): Rule {
    const rule: Rule = {
      effect: random.pick(['allow', 'deny']),
      client: random.pick(['*', 'cursor', 'c*', 'claude', 'x']),
      server: random.pick(['*', 'notes', 'n*', 'search']),
    }
    for (const kind of kinds) if (random.below(3) === 0) rule[kind] = random.pick(globs)
    return rule
  }

  function randomRequest(): DecisionRequest {
    const name = random.pick(names)
    const operation: Operation = random.pick([
      { kind: 'session' },
      { kind: 'other', name },
      ...kinds.map((kind) => ({ kind, name })),
    ])
    return request(
      operation,
      random.pick(['cursor', 'claude', 'stranger']),
      random.pick(['notes', 'search']),
    )
  }

  /** The rules of the house once more, one sentence a line, without the short cuts. */
  function speaks(rule: Rule, { principals, server, operation }: DecisionRequest): boolean {
    const about = kinds.filter((kind) => rule[kind] !== undefined)
    const who = matches(rule.client, principals.client) && matches(rule.server, server)
    if (about.length === 0) return who
    if (operation.kind === 'session') return who && rule.effect === 'allow'
    if (operation.kind === 'other') return false
    return (
      who && about.includes(operation.kind) && matches(rule[operation.kind] ?? '', operation.name)
    )
  }

  it('are what the sentences say, and no deny is ever outvoted', () => {
    const seen = { allow: 0, deny: 0, overridden: 0 }
    for (let round = 0; round < 20_000; round++) {
      const rules = Array.from({ length: random.below(5) }, randomRule)
      const asked = randomRequest()
      const word = random.pick(['approved', 'held', 'unknown'] as const)
      const decideBy = (...all: Rule[]) =>
        createDecide({ rules: () => all, isClient: isKnown, pinned: () => word })
      const { effect, rule } = decideBy(...rules)(asked)
      const about = JSON.stringify({ rules, asked, rule, word })
      const speaking = rules.filter((one) => speaks(one, asked))
      const denied = speaking.some((one) => one.effect === 'deny')
      const known = asked.principals.client !== 'stranger'
      // A tool that waits for a person never passes, and one with a path for a name only where a person said so.
      const { operation } = asked
      const may =
        operation.kind !== 'tool' ||
        (word !== 'held' && (word === 'approved' || operation.name !== 'a/b'))
      expect(effect, about).toBe(known && speaking.length > 0 && !denied && may ? 'allow' : 'deny')
      // Order means nothing, and one more deny never opens anything.
      expect(decideBy(...rules.toReversed())(asked).effect, about).toBe(effect)
      if (effect === 'deny')
        expect(decideBy(...rules, { ...randomRule(), effect: 'deny' })(asked).effect).toBe('deny')
      seen[effect]++
      if (known && denied && speaking.some((one) => one.effect === 'allow')) seen.overridden++
    }
    expect(Math.min(seen.allow, seen.deny, seen.overridden)).toBeGreaterThan(300)
  })
})
