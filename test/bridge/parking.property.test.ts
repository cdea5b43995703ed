import { setImmediate as tick } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { limits } from '../../main/bridge/limits.ts'
import { createParking } from '../../main/bridge/parking.ts'
import { signInNeeded } from '../../main/oauth/grant-errors.ts'
import { seededRandom } from './random-json.ts'
import { directSession, nothing } from './support/direct.ts'
import { startHouse, type TestHouse } from './support/house.ts'
import { manualTimer } from './support/timer.ts'

const tools = ['read', 'write', 'pay']
const CALLS = 30

/**
 * Calls, sign-ins, sign-outs, new rules, cancellations and time in any order, against a server that writes down what
 * reaches it. @returns where it went wrong, in words
 */
async function runStory(house: TestHouse, seed: number): Promise<string[]> {
  const random = seededRandom(seed)
  const failures: string[] = []
  const { timer, pass } = manualTimer()
  const parking = createParking({ seconds: () => 50, timer })
  let alive = random.below(2) === 0
  const allowed = (tool: string) => house.rules.some((rule) => rule.tool === tool)
  const randomRules = () =>
    [...tools.filter(() => random.below(2) === 0), '-'].map((tool) => ({
      effect: 'allow' as const,
      client: '*',
      server: '*',
      tool,
    }))
  house.rules = randomRules()
  const toolOf = new Map<string, string>()
  const forwarded = new Set<string>()
  const cancelled = new Set<string>()
  const answers = new Map<string, 'result' | 'error'>()
  let calls = 0

  function arrived(text: string): void {
    const id = /"call":"(\d+)"/.exec(text)?.[1]
    if (id === undefined) return
    if (forwarded.has(id)) failures.push(`${id} was forwarded twice`)
    forwarded.add(id)
    if (cancelled.has(id)) failures.push(`${id} was forwarded after its requester had gone`)
    if (answers.has(id)) failures.push(`${id} was forwarded after its answer`)
    if (!alive) failures.push(`${id} was forwarded without a sign-in`)
    if (!allowed(toolOf.get(id) ?? '')) failures.push(`${id} was forwarded against the rules`)
  }
  const { session, say } = directSession(
    { ...house, parking },
    {
      hears({ text }) {
        arrived(text)
        return '{}'
      },
      async headers() {
        if (!alive) throw signInNeeded({ server: 's', account: 'ann' })
        return { ...nothing, account: 's/ann', accounts: [{ server: 's', account: 'ann' }] }
      },
    },
  )
  const send = (text: string, id?: string) => {
    const reply = (answer: string) => {
      if (id === undefined) return
      if (answers.has(id)) failures.push(`${id} was answered twice`)
      if (cancelled.has(id)) failures.push(`${id} was answered after its requester had gone`)
      answers.set(id, answer.includes('"result"') ? 'result' : 'error')
    }
    void say(text, { reply, send: () => {}, refuse: reply })
  }
  /** Until the disk and all that follows from it have been waited for. */
  const settle = async () => {
    for (let turn = 0; turn < 4; turn++) await tick()
  }

  const steps: (() => void)[] = [
    () => {
      const id = String(calls++)
      const name = random.pick(tools)
      toolOf.set(id, name)
      const params = JSON.stringify({ name, arguments: { call: id } })
      send(`{"jsonrpc":"2.0","id":"${id}","method":"tools/call","params":${params}}`, id)
    },
    () => {
      alive = true
      parking.reconsider('s')
    },
    () => {
      alive = false
    },
    () => {
      house.rules = randomRules()
      parking.reconsider()
    },
    () => pass(random.below(30_000)),
    () => {
      const id = String(random.below(calls + 1))
      if (answers.has(id) || forwarded.has(id) || !toolOf.has(id)) return
      cancelled.add(id)
      send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"${id}"}}`)
    },
  ]
  while (calls < CALLS) {
    random.pick([steps[0], steps[0], ...steps])?.()
    // The rules and the sign-in stay as they are until what they let through has arrived.
    await settle()
    const waiting = parking.waiting().reduce((sum, group) => sum + group.calls, 0)
    if (waiting > limits.parkedPerClient) failures.push(`${waiting} wait at once`)
    if (alive && waiting > 0) failures.push(`${waiting} wait, though somebody signed in`)
  }
  pass(limits.parkedMs)
  await settle()
  for (const id of toolOf.keys()) {
    if (cancelled.has(id)) continue
    const answer = answers.get(id)
    if (answer === undefined) failures.push(`${id} has no answer`)
    if ((answer === 'result') !== forwarded.has(id))
      failures.push(`${id} was answered with ${answer}`)
  }
  await session.close()
  return failures
}

it('forwards a call once, when it is allowed, signed in for and waited for, and never else', async () => {
  await using house = await startHouse()
  for (let seed = 0; seed < 20; seed++)
    expect(await runStory(house, seed), `seed ${seed}`).toEqual([])
})
