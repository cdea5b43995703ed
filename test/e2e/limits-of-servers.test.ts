import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { testHome } from '../harness/home.ts'
import { startWarder } from '../harness/warder.ts'
import { outcomeOf } from './support/audit.ts'
import { refusalOf } from './support/calls.ts'
import { descendantsOf } from './support/proc.ts'
import { addClient, CLIENT } from './support/stage.ts'

/** Takes memory for as long as it is let, where it is told to. */
const eater = `
import { createInterface } from 'node:readline'
const opened = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }
const eaten = []
const eat = () => { eaten.push(Buffer.alloc(8 * 1024 * 1024, 1)); setTimeout(eat, 1) }
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line)
  if (params?.name === 'eat') return eat()
  if (id === undefined) return
  const result = method === 'initialize' ? opened : { content: [{ type: 'text', text: String(process.pid) }] }
  console.log(JSON.stringify({ jsonrpc: '2.0', id, result }))
})`

it.runIf(process.platform === 'linux')(
  'a local server that eats memory is ended, its call says why, and the next one has a new one',
  async () => {
    await using home = await testHome()
    const file = path.join(home.path, 'eater.mjs')
    await writeFile(file, eater)
    await using warder = await startWarder({ home: home.path })
    const limits = ['--memory-limit', '256', '--process-limit', '4', '--open-file-limit', '128']
    await warder.ok([
      'server',
      'add',
      'eater',
      '--approve',
      ...limits,
      '--',
      process.execPath,
      file,
    ])
    await addClient(warder, CLIENT)
    const client = await warder.client(CLIENT, 'eater')
    const pid = async () => {
      const { content } = await client.callTool({ name: 'pid' })
      return Number((content as { text: string }[])[0]?.text)
    }
    const before = await pid()
    expect(limitOf(before, 'Max open files')).toEqual(['128', '128'])
    expect(await refusalOf(client.callTool({ name: 'eat' }))).toMatchObject({
      code: 'server.over_limit',
    })
    expect(await outcomeOf(warder, 'eat')).toMatchObject({
      outcome: 'error',
      code: 'server.over_limit',
    })
    expect(await pid()).not.toBe(before)
  },
)

it.runIf(process.platform === 'linux')(
  'neither the companion nor what it starts leaves its memory on the disk',
  async () => {
    await using home = await testHome()
    const file = path.join(home.path, 'eater.mjs')
    await writeFile(file, eater)
    await using warder = await startWarder({ home: home.path })
    await warder.ok(['server', 'add', 'eater', '--approve', '--', process.execPath, file])
    await addClient(warder, CLIENT)
    await warder.client(CLIENT, 'eater')
    const own = descendantsOf(warder.pid)
    expect(own.length).toBeGreaterThan(0)
    for (const pid of [warder.pid, ...own])
      expect(limitOf(pid, 'Max core file size')).toEqual(['1', '1'])
  },
)

/** @returns soft and hard limit */
function limitOf(pid: number, name: string): string[] {
  const line = readFileSync(`/proc/${pid}/limits`, 'utf8')
    .split('\n')
    .find((one) => one.startsWith(name))
  return line?.slice(name.length).trim().split(/\s+/).slice(0, 2) ?? []
}
