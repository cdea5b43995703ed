import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import path from 'node:path'
import { expect, it } from 'vitest'
import { startOrTakeOver } from '../../main/desktop/handover.ts'
import { WarderError } from '../../main/errors.ts'
import { statusSample } from '../cli/views.ts'
import { refusal } from '../control/world.ts'
import { testHome } from '../harness/home.ts'

/** A control socket that answers as it is told, and a process that ends when it is asked to hand over. */
async function startOther(answer: RequestListener) {
  await using stack = new AsyncDisposableStack()
  const home = stack.use(await testHome())
  const control = path.join(home.path, 'control.sock')
  const server = createServer(answer)
  await new Promise<void>((listening) => server.listen(control, listening))
  stack.defer(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })
  writeFileSync(path.join(home.path, 'run.json'), JSON.stringify({ control }))
  const kept = stack.move()
  return { home: home.path, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** Fails as a home that is held does, until it is free. */
function starts() {
  let tries = 0
  const start = async () => {
    tries += 1
    if (tries === 1) throw new WarderError('instance.running', 'Another one runs.')
    return 'started'
  }
  return { start, tries: () => tries }
}

it.each([
  ['keychain', true],
  ['file', true],
  ['memory', false],
  ['none', false],
] as const)('takes over from one with the vault %s: %s', async (kind, takes) => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const asked: string[] = []
  await using other = await startOther((request, response) => {
    asked.push(request.url ?? '')
    if (request.url === '/api/shell:yield') child.kill('SIGKILL')
    const vault = { kind, state: kind === 'none' ? 'absent' : 'available', why: null }
    const status = { ...statusSample, shell: 'headless', locked: null, pid: child.pid, vault }
    response.end(JSON.stringify(request.url === '/api/status:get' ? status : {}))
  })
  try {
    const { start, tries } = starts()
    const started = startOrTakeOver(start, { home: other.home, ask: async () => true })
    if (takes) expect(await started).toBe('started')
    else await refusal(started, 'instance.running')
    expect(tries()).toBe(takes ? 2 : 1)
    expect(asked.includes('/api/shell:yield')).toBe(takes)
  } finally {
    child.kill('SIGKILL')
  }
})

it.each([
  ['does not answer', () => undefined],
  ['answers what is no JSON', (_request, response) => void response.end('<html>')],
] as [string, RequestListener][])('ends in words where the other one %s', async (_what, answer) => {
  await using other = await startOther(answer)
  const { start, tries } = starts()
  await refusal(
    startOrTakeOver(start, {
      home: other.home,
      answerMs: 200,
      ask: () => Promise.reject(new Error('nobody is asked')),
    }),
    'instance.running',
  )
  expect(tries()).toBe(1)
})
