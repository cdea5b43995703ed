import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { wiringClients } from '../../main/wiring/clients/index.ts'
import type { WiringClient } from '../../main/wiring/types.ts'
import type { Wiring } from '../../main/wiring/wiring.ts'
import { testHome } from '../harness/home.ts'
import { wiringFor, write } from './house.ts'

const systems = ['linux', 'darwin', 'win32'] as const

/** A file with one server of somebody else, and settings of its own around it. */
const oneServer = {
  json: (servers: string) =>
    `{\n  "theme": "dark",\n  "${servers}": {\n    "github": {\n      "command": "npx",\n      "env": { "TOKEN": "not-ours" }\n    }\n  }\n}\n`,
  jsonc: (servers: string) => oneServer.json(servers),
  toml: (servers: string) =>
    `model = "o9"\n\n[${servers}.github]\ncommand = "npx"\n\n[${servers}.github.env]\nTOKEN = "not-ours"\n\n[tui]\nsound = true\n`,
  yaml: (servers: string) =>
    `GOOSE_MODEL: o9\n${servers}:\n  github:\n    type: stdio\n    cmd: npx\n    envs:\n      TOKEN: not-ours\nsound: true\n`,
}

const withComments = {
  json: null,
  jsonc: (servers: string) =>
    `// my settings\n{\n\t"${servers}": {\n\t\t// the good one\n\t\t"github": { "command": "npx" }, // slow\n\t\t/* none yet */\n\t},\n\t"theme": "dark", // at night\n}\n`,
  toml: (servers: string) =>
    `# my settings\n[${servers}.github] # the good one\ncommand = 'npx' # slow\n\n# at night\n[tui]\n`,
  yaml: (servers: string) =>
    `# my settings\n${servers}: # mine\n    # the good one\n    github:\n        cmd: npx # slow\n\n# at night\ntheme: dark\n`,
}

const broken = {
  json: '{ "mcpServers": { "github": ',
  jsonc: '{ "mcpServers": { "github": ',
  toml: '[mcp_servers.github\ncommand = ',
  yaml: 'extensions:\n  github: {cmd: npx\n other: ]',
}

interface Case {
  readonly name: string
  /** Null: the file is not there. Undefined: not for this client. */
  readonly content: (client: WiringClient) => string | null | undefined
}

const one = ({ format, servers }: WiringClient) => oneServer[format](servers[0] ?? '')

const cases: readonly Case[] = [
  { name: 'absent', content: () => null },
  { name: 'empty', content: () => '' },
  { name: 'one server', content: one },
  {
    name: 'comments',
    content: ({ format, servers }) => withComments[format]?.(servers[0] ?? ''),
  },
  { name: 'CRLF', content: (client) => one(client).replaceAll('\n', '\r\n') },
  { name: 'byte order mark', content: (client) => `\uFEFF${one(client)}` },
  { name: 'no end of the last line', content: (client) => one(client).trimEnd() },
]

describe.each(systems)('on %s', (system) => {
  describe.each(wiringClients)('$title', (client) => {
    test('gets one entry, whatever the file looks like, and is put back byte for byte', async () => {
      const shown: string[] = []
      for (const { name, content } of cases) {
        const before = content(client)
        if (before === undefined) continue
        await using user = await testHome()
        const wiring = wiringFor(user.path, system)
        const file = client.userFile(wiring.where)
        if (before !== null) await write(file, before)
        const tree = await treeOf(user.path)

        wire(wiring, client)
        const place = path.relative(user.path, file)
        const written = (await readFile(file, 'utf8')).replaceAll(user.path, '~')
        shown.push(`== ${name}: ${place}\n${visible(written)}`)

        unwire(wiring, client)
        expect(await treeOf(user.path), name).toEqual(tree)
      }
      await expect(shown.join('\n')).toMatchFileSnapshot(`golden/${system}/${client.id}.txt`)
    })

    test('is not touched where its file is broken', async () => {
      await using user = await testHome()
      const wiring = wiringFor(user.path, system)
      await write(client.userFile(wiring.where), broken[client.format])
      const tree = await treeOf(user.path)
      expect(() => wiring.planWire(client, 'user')).toThrow(
        expect.objectContaining({ code: 'wiring.broken' }),
      )
      expect(await treeOf(user.path)).toEqual(tree)
    })

    test('is not touched where its file is read-only', async () => {
      await using user = await testHome()
      const wiring = wiringFor(user.path, system)
      await chmod(await write(client.userFile(wiring.where), one(client)), 0o444)
      const tree = await treeOf(user.path)
      expect(() => wiring.planWire(client, 'user')).toThrow(
        expect.objectContaining({ code: 'wiring.not_ours' }),
      )
      expect(await treeOf(user.path)).toEqual(tree)
    })

    test('is written through a link, which stays a link, with the mode that the file has', async () => {
      await using user = await testHome()
      const wiring = wiringFor(user.path, system)
      const file = client.userFile(wiring.where)
      const target = await write(path.join(user.path, 'dotfiles', 'settings'), one(client))
      await chmod(target, 0o640)
      await mkdir(path.dirname(file), { recursive: true })
      await symlink(path.relative(path.dirname(file), target), file)
      const tree = await treeOf(user.path)

      wire(wiring, client)
      expect((await lstat(file)).isSymbolicLink()).toBe(true)
      expect((await stat(target)).mode & 0o777).toBe(0o640)
      expect(await readFile(target, 'utf8')).toContain('warder-mcp')

      unwire(wiring, client)
      expect(await treeOf(user.path)).toEqual(tree)
    })

    test('is written and put back where its file is huge', async () => {
      await using user = await testHome()
      const wiring = wiringFor(user.path, system)
      const before = huge(client)
      const file = await write(client.userFile(wiring.where), before)
      wire(wiring, client)
      const after = await readFile(file, 'utf8')
      expect(after.length).toBeGreaterThan(before.length)
      expect(after.length).toBeLessThan(before.length + 600)
      unwire(wiring, client)
      expect((await readFile(file, 'utf8')) === before).toBe(true)
    })
  })
})

function wire(wiring: Wiring, client: WiringClient): void {
  const plan = wiring.planWire(client, 'user')
  expect(plan.changes).toBe(true)
  expect(plan.diff.join('\n')).toContain('warder-mcp')
  expect(plan.diff.join('\n')).not.toContain('not-ours')
  wiring.apply(plan)
  expect(wiring.planWire(client, 'user').changes).toBe(false)
}

function unwire(wiring: Wiring, client: WiringClient): void {
  const plan = wiring.planUnwire(client, 'user')
  expect(plan.notes).toEqual([])
  wiring.apply(plan)
}

/** Every folder, file and link below, but for Warder's own home. */
async function treeOf(folder: string, below = ''): Promise<Record<string, string>> {
  const entries: Record<string, string> = {}
  for (const entry of await readdir(path.join(folder, below), { withFileTypes: true })) {
    const name = path.join(below, entry.name)
    const place = path.join(folder, name)
    if (name === 'warder-home') continue
    const mode = ((await lstat(place)).mode & 0o777).toString(8)
    if (entry.isDirectory()) {
      entries[name] = `folder ${mode}`
      Object.assign(entries, await treeOf(folder, name))
    } else if (entry.isSymbolicLink()) entries[name] = `link to ${await readlink(place)}`
    else entries[name] = `${mode} ${(await readFile(place)).toString('latin1')}`
  }
  return entries
}

const visible = (text: string) =>
  text.replace(/^\uFEFF/, '<byte order mark>').replaceAll('\r\n', '<CR>\n')

/** Some megabytes of what a client keeps beside its servers; YAML's reader takes its time for each line. */
function huge(client: WiringClient): string {
  const members = { json: 20_000, jsonc: 20_000, toml: 5_000, yaml: 2_000 }[client.format]
  const names = Array.from({ length: members }, (_, index) => `entry-${index}`)
  const text = 'x'.repeat(100)
  if (client.format === 'toml')
    return `${names.map((name) => `${name} = "${text}"`).join('\n')}\n${one(client)}`
  if (client.format === 'yaml')
    return `${names.map((name) => `${name}: ${text}`).join('\n')}\n${one(client)}`
  const all = Object.fromEntries(names.map((name) => [name, text]))
  const servers = { [client.servers[0] ?? '']: { github: { command: 'npx' } } }
  return `${JSON.stringify({ ...all, ...servers }, null, 2)}\n`
}
