import { mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { findClients } from '../../main/wiring/find-clients.ts'
import type { ClientId, Where } from '../../main/wiring/types.ts'
import { testHome } from '../harness/home.ts'

const SERVER = { command: 'npx', args: ['-y', 'some-server'], env: { KEY: 'value' } }

const entries: Record<ClientId, string> = {
  'claude-desktop': JSON.stringify({ mcpServers: { one: SERVER } }),
  'claude-code': JSON.stringify({ mcpServers: { one: { type: 'stdio', ...SERVER } } }),
  cursor: `{ // mine\n "mcpServers": ${JSON.stringify({ one: SERVER })}, }`,
  vscode: JSON.stringify({ servers: { one: SERVER } }),
  'vscode-insiders': JSON.stringify({ servers: { one: SERVER } }),
  windsurf: JSON.stringify({ mcpServers: { one: SERVER } }),
  zed: `{ "theme": "One", /* mine */ "context_servers": ${JSON.stringify({ one: SERVER })}, }`,
  codex:
    '[mcp_servers.one]\ncommand = "npx"\nargs = ["-y", "some-server"]\n[mcp_servers.one.env]\nKEY = "value"\n',
  gemini: JSON.stringify({ mcpServers: { one: SERVER } }),
  goose:
    'extensions:\n  one:\n    type: stdio\n    cmd: npx\n    args: [-y, some-server]\n    envs:\n      KEY: value\n',
}

const places: Record<'linux' | 'darwin' | 'win32', Record<ClientId, string>> = {
  linux: {
    'claude-desktop': '.config/Claude/claude_desktop_config.json',
    'claude-code': '.claude.json',
    cursor: '.cursor/mcp.json',
    vscode: '.config/Code/User/mcp.json',
    'vscode-insiders': '.config/Code - Insiders/User/mcp.json',
    windsurf: '.codeium/windsurf/mcp_config.json',
    zed: '.config/zed/settings.json',
    codex: '.codex/config.toml',
    gemini: '.gemini/settings.json',
    goose: '.config/goose/config.yaml',
  },
  darwin: {
    'claude-desktop': 'Library/Application Support/Claude/claude_desktop_config.json',
    'claude-code': '.claude.json',
    cursor: '.cursor/mcp.json',
    vscode: 'Library/Application Support/Code/User/mcp.json',
    'vscode-insiders': 'Library/Application Support/Code - Insiders/User/mcp.json',
    windsurf: '.codeium/windsurf/mcp_config.json',
    zed: '.config/zed/settings.json',
    codex: '.codex/config.toml',
    gemini: '.gemini/settings.json',
    goose: '.config/goose/config.yaml',
  },
  win32: {
    'claude-desktop': 'AppData/Roaming/Claude/claude_desktop_config.json',
    'claude-code': '.claude.json',
    cursor: '.cursor/mcp.json',
    vscode: 'AppData/Roaming/Code/User/mcp.json',
    'vscode-insiders': 'AppData/Roaming/Code - Insiders/User/mcp.json',
    windsurf: '.codeium/windsurf/mcp_config.json',
    zed: 'AppData/Roaming/Zed/settings.json',
    codex: '.codex/config.toml',
    gemini: '.gemini/settings.json',
    goose: 'AppData/Roaming/Block/goose/config/config.yaml',
  },
}

const whereIn = (home: string, platform: Where['platform'], env: Where['env'] = {}): Where => ({
  home,
  env,
  platform,
  folder: path.join(home, 'project'),
})

async function put(file: string, text: string): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, text)
  return file
}

describe.each(['linux', 'darwin', 'win32'] as const)('on %s', (platform) => {
  test('every client is found by its own file, with the servers in it', async () => {
    await using home = await testHome()
    for (const [client, place] of Object.entries(places[platform]))
      await put(path.join(home.path, place), entries[client as ClientId])

    const found = findClients(whereIn(home.path, platform), () => null)

    for (const { client, installed, running, files } of found) {
      expect({ client: client.id, installed, running }).toEqual({
        client: client.id,
        installed: true,
        running: null,
      })
      expect(files[0]).toMatchObject({
        file: path.join(home.path, places[platform][client.id]),
        state: 'read',
        problem: null,
      })
      expect(files[0]?.servers).toEqual([
        expect.objectContaining({
          name: 'one',
          transport: 'stdio',
          command: 'npx',
          args: ['-y', 'some-server'],
          env: { KEY: 'value' },
          ours: false,
        }),
      ])
    }
  })

  test('where nothing is, nothing is installed and every file is absent', async () => {
    await using home = await testHome()
    for (const { installed, files } of findClients(whereIn(home.path, platform), () => null)) {
      expect(installed).toBe(false)
      for (const file of files) expect(file).toMatchObject({ state: 'absent', servers: [] })
    }
  })
})

test('Claude Desktop of the Microsoft Store reads the file of its package, and so do we', async () => {
  await using home = await testHome()
  const local = path.join(home.path, 'Local')
  const roaming = path.join(local, 'Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude')
  await mkdir(roaming, { recursive: true })
  const where = whereIn(home.path, 'win32', { LOCALAPPDATA: local })
  const [found] = findClients(where, () => null)
  expect(found?.files[0]?.file).toBe(path.join(roaming, 'claude_desktop_config.json'))
  expect(found?.installed).toBe(true)
})

test('the folders that a client is told by its environment are the ones it is looked for in', async () => {
  await using home = await testHome()
  const env = {
    XDG_CONFIG_HOME: path.join(home.path, 'xdg'),
    CODEX_HOME: path.join(home.path, 'cx'),
    GOOSE_PATH_ROOT: path.join(home.path, 'gr'),
    CLAUDE_CONFIG_DIR: path.join(home.path, 'cc'),
  }
  const found = findClients(whereIn(home.path, 'linux', env), () => null)
  const file = (id: ClientId) => found.find(({ client }) => client.id === id)?.files[0]?.file
  expect(file('zed')).toBe(path.join(home.path, 'xdg/zed/settings.json'))
  expect(file('codex')).toBe(path.join(home.path, 'cx/config.toml'))
  expect(file('claude-code')).toBe(path.join(home.path, 'cc/.claude.json'))
  expect(file('goose')).toBe(path.join(home.path, 'gr/config/config.yaml'))
})

test('a folder of settings that is relative is none, as the clients have it', async () => {
  await using home = await testHome()
  const env = { XDG_CONFIG_HOME: 'here', GOOSE_PATH_ROOT: 'there' }
  const found = findClients(whereIn(home.path, 'linux', env), () => null)
  for (const { files } of found) expect(files[0]?.file.startsWith(home.path)).toBe(true)
})

test('a file of a project is read beside the one of the user, and Claude Code keeps servers of projects in its own', async () => {
  await using home = await testHome()
  const where = whereIn(home.path, 'linux')
  await put(
    path.join(home.path, '.claude.json'),
    JSON.stringify({ projects: { '/some/where': { mcpServers: { two: { url: 'https://x' } } } } }),
  )
  await put(path.join(where.folder, '.mcp.json'), JSON.stringify({ mcpServers: { three: SERVER } }))
  const code = findClients(where, () => null).find(({ client }) => client.id === 'claude-code')
  expect(code?.files.map(({ scope, servers }) => [scope, servers.map(({ at }) => at)])).toEqual([
    ['user', [['projects', '/some/where', 'mcpServers', 'two']]],
    ['project', [['mcpServers', 'three']]],
  ])
})

test('what cannot be read says so without quoting it', async () => {
  await using home = await testHome()
  const where = whereIn(home.path, 'linux')
  await put(path.join(home.path, '.cursor/mcp.json'), '{"mcpServers": {"a": "secret-value" ')
  await put(
    path.join(home.path, '.gemini/settings.json'),
    Buffer.from([0xff, 0xfe, 0x7b]).toString('latin1'),
  )
  await put(path.join(home.path, '.claude.json'), '{} // Claude Code reads no comments')
  await mkdir(path.join(home.path, '.codex/config.toml'), { recursive: true })
  await mkdir(path.join(home.path, '.config/goose'), { recursive: true })
  await symlink('/nowhere/at/all', path.join(home.path, '.config/goose/config.yaml'))
  const found = findClients(where, () => null)
  const state = (id: ClientId) => found.find(({ client }) => client.id === id)?.files[0]?.state
  expect(
    ['cursor', 'gemini', 'claude-code', 'codex', 'goose'].map((id) => state(id as ClientId)),
  ).toEqual(['broken', 'broken', 'broken', 'unusable', 'unusable'])
  expect(JSON.stringify(found)).not.toContain('secret-value')
})

test.skipIf(process.platform !== 'linux')(
  'what runs is known by the name of its process',
  async () => {
    await using home = await testHome()
    const running = new Set(['cursor'])
    const found = findClients(whereIn(home.path, 'linux'), () => running)
    expect(found.filter((one) => one.running).map(({ client }) => client.id)).toEqual(['cursor'])
  },
)
