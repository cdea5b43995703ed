import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Output } from '../../preload/contract/index.ts'
import { type TestHome, testHome } from '../harness/home.ts'
import { startWarder, type Warder } from '../harness/warder.ts'
import { addClient } from './support/stage.ts'

/**
 * What another user of the machine gets of a companion that runs: nothing, by the folders that keep him out, and nothing by
 * the files themselves where somebody has opened those.
 */

const NOBODY = 65_534

/** A local server that says something to its log and answers nothing else. */
const talker = `
import { createInterface } from 'node:readline'
const opened = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line)
  if (id === undefined) return
  console.error('a line of the log')
  const result = method === 'initialize' ? opened : { tools: [] }
  console.log(JSON.stringify({ jsonrpc: '2.0', id, result }))
})`

/** Becomes somebody else, tries each place in turn, as a file and as a socket, and says what it got. */
const intruder = `
import { connect } from 'node:net'
import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs'
const code = (deed) => { try { deed(); return 'in' } catch (error) { return error.code } }
const visit = (path) => new Promise((resolve) => {
  const socket = connect(path)
  socket.on('connect', () => resolve('in'))
  socket.on('error', (error) => resolve(error.code))
})
process.once('message', async ({ uid, files, folders, sockets }) => {
  if (uid !== null) {
    process.setgroups([])
    process.setgid(uid)
    process.setuid(uid)
  }
  const got = {}
  for (const file of files) {
    got['read ' + file] = code(() => readFileSync(file))
    got['write ' + file] = code(() => closeSync(openSync(file, 'r+')))
  }
  for (const folder of folders) got['list ' + folder] = code(() => readdirSync(folder))
  for (const socket of sockets) got['enter ' + socket] = await visit(socket)
  process.send(got, () => process.exit())
})`

describe.runIf(process.getuid?.() === 0)('another user of this machine', () => {
  let stage: AsyncDisposableStack
  let home: TestHome
  let runtime: TestHome
  let outside: TestHome
  let warder: Warder

  beforeAll(async () => {
    stage = new AsyncDisposableStack()
    home = stage.use(await testHome())
    runtime = stage.use(await testHome())
    outside = stage.use(await testHome())
    const program = path.join(outside.path, 'talker.mjs')
    await writeFile(program, talker)
    await writeFile(path.join(outside.path, 'intruder.mjs'), intruder)
    await chmod(outside.path, 0o755)
    const passphrase = 'correct horse battery staple\n'
    const env = { XDG_RUNTIME_DIR: runtime.path }
    warder = stage.use(await startWarder({ home: home.path, vault: 'file', passphrase, env }))
    await warder.ok(['server', 'add', 'talker', '--approve', '--', process.execPath, program])
    await warder.ok(['secret', 'set', 'key', '--for', 'talker', '--yes'], 'a-value')
    await addClient(warder, 'desk')
    await warder.ok(['server', 'test', 'talker'])
    await warder.ok(['audit'])
  })
  afterAll(() => stage.disposeAsync())

  async function goIn(uid: number | null, places: Places): Promise<Record<string, string>> {
    // It becomes somebody else once it is loaded: a checkout may lie where others cannot read.
    const child = fork(path.join(outside.path, 'intruder.mjs'), [], {
      execArgv: [],
      cwd: outside.path,
    })
    child.send({ uid, ...places })
    const [got] = await once(child, 'message')
    return got as Record<string, string>
  }

  it('reads, changes and enters nothing of it, whatever folder stands open', async () => {
    const { file: login } = await warder.ok<Output<'ui:open'>>(['ui', '--no-browser'])
    const places = await placesOf([home.path, runtime.path, warder.ready.sockets])
    const names = [...places.files, ...places.sockets].map((file) => path.basename(file))
    const secret = ['run.json', 'state.db', 'state.db-wal', 'config.json', 'talker.log']
    const sockets = ['control.sock', 'client-desk.sock']
    const all = [...secret, ...sockets, path.basename(login ?? 'no login file')]
    expect(names).toEqual(expect.arrayContaining(all))
    // The program can tell: as ourselves it gets everywhere.
    expect(new Set(Object.values(await goIn(null, places)))).toEqual(new Set(['in']))

    const refused = await goIn(NOBODY, places)
    expect(new Set(Object.values(refused))).toEqual(new Set(['EACCES']))

    // What is left are the modes of the files and sockets themselves.
    for (const folder of places.folders) await chmod(folder, 0o755)
    const folders: string[] = []
    const stillRefused = await goIn(NOBODY, { ...places, folders })
    expect(new Set(Object.values(stillRefused))).toEqual(new Set(['EACCES']))
  })
})

interface Places {
  readonly files: readonly string[]
  readonly folders: readonly string[]
  readonly sockets: readonly string[]
}

/** Everything that lies in these folders, and the folders. */
async function placesOf(roots: readonly string[]): Promise<Places> {
  const [files, folders, sockets] = [[], [...roots], []] as [string[], string[], string[]]
  for (const root of roots)
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      const place = path.join(entry.parentPath, entry.name)
      if (entry.isDirectory()) folders.push(place)
      else if (entry.isSocket()) sockets.push(place)
      else files.push(place)
    }
  return { files, folders, sockets }
}
