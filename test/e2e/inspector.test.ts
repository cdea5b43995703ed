import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testHome } from '../harness/home.ts'
import { inspect, inspectedProgram } from '../harness/inspector.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { cli, startWarder, type Warder } from '../harness/warder.ts'
import { auditRows } from './support/audit.ts'
import { addClient } from './support/stage.ts'

/** The official inspector on its command line, in both eras, at both doors. */

const stage = new AsyncDisposableStack()
let home: string
let warder: Warder
let bearer: string
beforeAll(async () => {
  home = stage.use(await testHome()).path
  warder = stage.use(await startWarder({ home }))
  const { command, args } = everythingStdio
  await warder.ok(['server', 'add', 'tools', '--approve', '--', command, ...args])
  bearer = (await addClient(warder, 'desk')).bearer
})
afterAll(() => stage.disposeAsync())

const doors: Record<string, () => Promise<readonly string[]>> = {
  'through the shim': () =>
    inspectedProgram(home, [
      ...[cli, 'mcp', '--client', 'desk'],
      ...['--server', 'tools', '--home', home],
    ]),
  'over the token door': async () => [
    ...[`${warder.ready.http}/mcp/tools`, '--transport', 'http'],
    ...['--header', `Authorization: Bearer ${bearer}`],
  ],
}

/** What opens in each era, as the audit has it. */
const openings = { legacy: 'initialize', modern: 'server/discover' }

const RESOURCE = 'demo://resource/static/document/architecture.md'

const asked: [method: string, args: readonly string[], answer: object][] = [
  [
    'tools/list',
    [],
    { tools: expect.arrayContaining([expect.objectContaining({ name: 'echo' })]) },
  ],
  [
    'tools/call',
    ['--tool-name', 'echo', '--tool-arg', 'message=from the inspector'],
    { content: [{ type: 'text', text: 'Echo: from the inspector' }] },
  ],
  [
    'resources/list',
    [],
    { resources: expect.arrayContaining([expect.objectContaining({ uri: RESOURCE })]) },
  ],
  ['resources/read', ['--uri', RESOURCE], { contents: [{ uri: RESOURCE }] }],
  [
    'prompts/list',
    [],
    { prompts: expect.arrayContaining([expect.objectContaining({ name: 'simple-prompt' })]) },
  ],
  [
    'prompts/get',
    ['--prompt-name', 'args-prompt', '--prompt-args', 'city=Ulm'],
    { messages: [{ content: { text: expect.stringContaining('Ulm') } }] },
  ],
]

describe.each(Object.keys(doors))('the official inspector %s', (door) => {
  it.each(Object.entries(openings))(
    'lists, calls, reads and prompts in the %s era',
    async (era, opening) => {
      const target = (await doors[door]?.()) ?? []
      const before = new Set((await auditRows(warder)).map(({ call }) => call))
      for (const [method, args, answer] of asked)
        expect(
          await inspect([...target, '--protocol-era', era, '--method', method, ...args]),
        ).toMatchObject(answer)
      const seen = (await auditRows(warder)).filter(({ call }) => !before.has(call))
      const methods = new Set(seen.map(({ method }) => method))
      expect([...methods]).toEqual(expect.arrayContaining(asked.map(([method]) => method)))
      const others = Object.values(openings).filter((other) => other !== opening)
      expect([methods.has(opening), others.some((other) => methods.has(other))]).toEqual([
        true,
        false,
      ])
    },
  )
})
