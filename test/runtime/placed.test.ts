import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCredentialFolder, type Placed } from '../../main/runtime/placed.ts'
import { type TestHome, testHome } from '../harness/home.ts'
import { script, startTestServer } from './local-server.ts'

const VALUE = 'planted: 77'
const file = (once = false): Placed => ({ files: { KEY: { value: VALUE, once } }, arguments: {} })

let home: TestHome
let credentialFolder: string
beforeEach(async () => {
  home = await testHome()
  credentialFolder = path.join(home.path, 'given')
})
afterEach(() => home[Symbol.asyncDispose]())

const modeOf = (place: string) => statSync(place).mode & 0o7777

/** Tells where its file is, and then what is in it each time it is asked. */
const reader = () =>
  script(`
    const { readFileSync } = require('node:fs')
    console.log(JSON.stringify([process.env.KEY, ...process.argv.slice(1)]))
    process.stdin.on('data', () => {
      try { console.log('has ' + readFileSync(process.env.KEY, 'utf8')) } catch (error) { console.log(error.code) }
    })`)

it('has a folder for each run, and clears what is left of those before', () => {
  const first = openCredentialFolder(credentialFolder)
  mkdirSync(first, { recursive: true })
  writeFileSync(path.join(first, 'KEY'), VALUE)
  const second = openCredentialFolder(credentialFolder)
  expect(existsSync(first)).toBe(false)
  // What clears the first one late clears nothing of the second.
  expect(path.relative(first, second)).toMatch(/^\.\.\/[^/]+$/)
})

describe('a credential in a file', () => {
  it('is readable by this user alone, has nothing but the value, and ends with the server', async () => {
    await using server = await startTestServer({
      definition: reader(),
      placed: file(),
      credentialFolder,
    })
    const [place] = JSON.parse(await server.nextLine())
    expect([modeOf(place), modeOf(path.dirname(place)), modeOf(credentialFolder)]).toEqual([
      0o600, 0o700, 0o700,
    ])
    await server.process.send('read')
    expect(await server.nextLine()).toBe(`has ${VALUE}`)
    await server.process.stop()
    await server.exit
    expect(readdirSync(credentialFolder)).toEqual([])
  })

  it('is replaced in one step when its token is renewed', async () => {
    await using server = await startTestServer({
      definition: reader(),
      placed: file(),
      credentialFolder,
    })
    const [place] = JSON.parse(await server.nextLine())
    await server.process.refeed({
      files: { KEY: { value: 'renewed', once: false } },
      arguments: {},
    })
    await server.process.send('read')
    expect(await server.nextLine()).toBe('has renewed')
    expect(modeOf(place)).toBe(0o600)
    expect(readdirSync(path.dirname(place))).toEqual(['KEY'])
  })

  it('does not stay behind a server that could not be started', async () => {
    const starting = startTestServer({
      definition: script('0'),
      run: { file: '/no/such/program', args: [], cwd: home.path },
      placed: file(),
      credentialFolder,
    })
    await expect(starting).rejects.toMatchObject({ code: 'server.start_failed' })
    expect(readdirSync(credentialFolder)).toEqual([])
  })
})

describe('a credential in a pipe', () => {
  it('is there for one reader, and then gone', async () => {
    await using server = await startTestServer({
      definition: reader(),
      placed: file(true),
      credentialFolder,
    })
    const [place] = JSON.parse(await server.nextLine())
    expect(statSync(place).isFIFO()).toBe(true)
    expect(modeOf(place)).toBe(0o600)
    await server.process.send('read')
    expect(await server.nextLine()).toBe(`has ${VALUE}`)
    expect(existsSync(place)).toBe(false)
    await server.process.send('read')
    expect(await server.nextLine()).toBe('ENOENT')
  })

  it('is whole for its reader, however little the pipe holds', async () => {
    const value = 'planted: '.repeat(30_000)
    await using server = await startTestServer({
      definition: script(`console.log(require('node:fs').readFileSync(process.env.KEY).length)`),
      placed: { files: { KEY: { value, once: true } }, arguments: {} },
      credentialFolder,
    })
    expect(await server.nextLine()).toBe(String(value.length))
  })

  it('that nobody reads ends with the server', async () => {
    await using server = await startTestServer({
      definition: reader(),
      placed: file(true),
      credentialFolder,
    })
    await server.nextLine()
    await server.process.stop()
    await server.exit
    expect(readdirSync(credentialFolder)).toEqual([])
  })
})

describe('a credential in an argument', () => {
  it('stands where the definition says, together with the path of a file', async () => {
    const definition = reader()
    await using server = await startTestServer({
      definition: {
        ...definition,
        args: [...definition.args, '--', '--token={argument:TOKEN}', '{file:KEY}', '{port}'],
      },
      placed: { ...file(), arguments: { TOKEN: VALUE } },
      credentialFolder,
    })
    const [place, ...args] = JSON.parse(await server.nextLine())
    expect(args).toEqual([`--token=${VALUE}`, place, '{port}'])
    expect(readFileSync(place, 'utf8')).toBe(VALUE)
  })
})
