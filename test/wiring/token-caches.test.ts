import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findCachedGrants } from '../../main/wiring/token-caches/find.ts'
import { shred } from '../../main/wiring/token-caches/shred.ts'

const serverUrl = 'https://mcp.vendor.example/mcp'
const hash = createHash('md5').update(serverUrl).digest('hex')

let home: string
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'warder-caches-'))
})
afterEach(() => rmSync(home, { recursive: true }))

function write(file: string, content: unknown, mode = 0o600): string {
  const full = path.join(home, file)
  mkdirSync(path.dirname(full), { recursive: true })
  writeFileSync(full, typeof content === 'string' ? content : JSON.stringify(content))
  chmodSync(full, mode)
  return full
}

const find = (env = {}) => findCachedGrants({ home, env, platform: 'linux' })

const remoteTokens = {
  access_token: 'at-1',
  refresh_token: 'rt-1',
  token_type: 'Bearer',
  scope: 'mcp:read offline_access',
  expires_at: 1_790_000_000_000,
  issuer: 'https://idp.example',
}

describe('what other programs keep', () => {
  it('is found for mcp-remote, of every version, with its client', () => {
    write(`.mcp-auth/mcp-remote-v1/${hash}_tokens.json`, remoteTokens)
    write(`.mcp-auth/mcp-remote-v1/${hash}_client_info.json`, { client_id: 'c1' })
    const { expires_at: _, issuer: __, ...old } = remoteTokens
    write('.mcp-auth/mcp-remote-0.1.38/0000_tokens.json', { ...old, expires_in: 60 }, 0o644)
    const [older, newer] = find()
    expect(newer).toMatchObject({
      program: 'mcp-remote',
      issuer: 'https://idp.example',
      clientId: 'c1',
      scopes: ['mcp:read', 'offline_access'],
      accessToken: 'at-1',
      refreshToken: 'rt-1',
      expiresAt: 1_790_000_000_000,
      readableByOthers: false,
    })
    expect(newer?.isOf(serverUrl)).toBe(true)
    expect(newer?.isOf('https://mcp.vendor.example/other')).toBe(false)
    expect(older).toMatchObject({ issuer: null, clientId: null, readableByOthers: true })
    expect(older?.expiresAt).toBe((older?.writtenAt ?? 0) + 60_000)
  })

  it('is found where the variables of those programs say', () => {
    write(`elsewhere/mcp-remote-v1/${hash}_tokens.json`, remoteTokens)
    write('claude/.credentials.json', { mcpOAuth: { 'a|1': { accessToken: 'x' } } })
    write('data/opencode/mcp-auth.json', { a: { tokens: { accessToken: 'x' } } })
    const env = {
      MCP_REMOTE_CONFIG_DIR: path.join(home, 'elsewhere'),
      CLAUDE_CONFIG_DIR: path.join(home, 'claude'),
      XDG_DATA_HOME: path.join(home, 'data'),
    }
    expect(find(env).map(({ program }) => program)).toEqual([
      'mcp-remote',
      'claude-code',
      'opencode',
    ])
  })

  it('is found for Claude Code, and its user’s own sign-in is left out', () => {
    write('.claude/.credentials.json', {
      claudeAiOauth: { accessToken: 'own', refreshToken: 'own' },
      mcpOAuth: {
        'linear|abc': {
          serverName: 'linear',
          serverUrl,
          clientId: 'c2',
          accessToken: 'at-2',
          refreshToken: 'rt-2',
          expiresAt: 1_790_000_000_000,
          discoveryState: { authorizationServerUrl: 'https://idp.example' },
        },
        'empty|x': { serverName: 'empty', serverUrl, accessToken: '' },
      },
    })
    const found = find()
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({
      serverName: 'linear',
      serverUrl,
      issuer: 'https://idp.example',
      clientId: 'c2',
      refreshToken: 'rt-2',
      expiresAt: 1_790_000_000_000,
    })
    expect(JSON.stringify(found)).not.toContain('own')
  })

  it('is found for Gemini CLI, opencode and Copilot CLI', () => {
    write('.gemini/mcp-oauth-tokens.json', [
      'nonsense',
      {
        serverName: 'g',
        mcpServerUrl: serverUrl,
        tokenUrl: 'https://idp.example/token',
        clientId: 'c3',
        token: { accessToken: 'at-3', refreshToken: 'rt-3', expiresAt: 7, tokenType: 'Bearer' },
      },
    ])
    write('.local/share/opencode/mcp-auth.json', {
      o: {
        serverUrl,
        tokens: { accessToken: 'at-4', expiresAt: 1_790_000_000 },
        clientInfo: { clientId: 'c4', clientSecret: 's4' },
      },
      signingIn: { codeVerifier: 'x' },
    })
    write('.copilot/mcp-oauth-config/f00.tokens.json', {
      accessToken: 'at-5',
      expiresAt: 1_790_000_000,
    })
    write('.copilot/mcp-oauth-config/f00.json', {
      serverUrl,
      authorizationServerUrl: 'https://idp.example',
      clientId: 'c5',
      clientSecret: null,
    })
    const [gemini, open, copilot, ...rest] = find()
    expect(rest).toEqual([])
    expect(gemini).toMatchObject({ serverName: 'g', serverUrl, clientId: 'c3', expiresAt: 7 })
    expect(open).toMatchObject({ serverName: 'o', clientSecret: 's4', refreshToken: null })
    expect(open?.expiresAt).toBe(1_790_000_000_000)
    expect(copilot).toMatchObject({ serverUrl, clientId: 'c5', expiresAt: 1_790_000_000_000 })
  })

  it('has an id that says nothing of the token and stays when it is renewed', () => {
    const file = `.mcp-auth/mcp-remote-v1/${hash}_tokens.json`
    write(file, remoteTokens)
    const [before] = find()
    write(file, { ...remoteTokens, refresh_token: 'rt-9' })
    expect(find()[0]?.id).toBe(before?.id)
    expect(before?.id).toMatch(/^[0-9a-f]{12}$/)
  })

  it('is nothing where files are broken, linked, too large or something else', () => {
    write('.gemini/mcp-oauth-tokens.json', '[{"serverName":')
    write('.local/share/opencode/mcp-auth.json', ' '.repeat(1024 * 1024 + 1))
    const real = write('planted.json', remoteTokens)
    mkdirSync(path.join(home, '.mcp-auth/mcp-remote-v1'), { recursive: true })
    symlinkSync(real, path.join(home, `.mcp-auth/mcp-remote-v1/${hash}_tokens.json`))
    mkdirSync(path.join(home, '.claude/.credentials.json'), { recursive: true })
    expect(find()).toEqual([])
  })
})

describe('shredding', () => {
  it('overwrites the files of one grant before they are deleted', () => {
    const tokens = write(`.mcp-auth/mcp-remote-v1/${hash}_tokens.json`, remoteTokens)
    const client = write(`.mcp-auth/mcp-remote-v1/${hash}_client_info.json`, { client_id: 'c1' })
    const witness = path.join(home, 'witness')
    linkSync(tokens, witness)
    const [grant] = find()
    if (grant === undefined) throw new Error('nothing found')
    shred(grant)
    expect([existsSync(tokens), existsSync(client)]).toEqual([false, false])
    expect(readFileSync(witness, 'latin1')).not.toMatch(/rt-1|at-1|token/)
  })

  it('takes one entry out of a file of many and leaves every other byte', () => {
    const own = '  "claudeAiOauth": { "accessToken": "own" }'
    const before = `{\n${own},\n  "mcpOAuth": {\n    "a|1": { "accessToken": "at-a" },\n    "b|2": { "accessToken": "at-b" }\n  }\n}\n`
    const file = write('.claude/.credentials.json', before)
    const witness = path.join(home, 'witness')
    linkSync(file, witness)
    const grant = find().find(({ accessToken }) => accessToken === 'at-a')
    if (grant === undefined) throw new Error('nothing found')
    shred(grant)
    expect(readFileSync(file, 'utf8')).toBe(
      `{\n${own},\n  "mcpOAuth": {\n    "b|2": { "accessToken": "at-b" }\n  }\n}\n`,
    )
    expect(readFileSync(witness, 'latin1')).not.toContain('at-a')
    expect(find()).toHaveLength(1)
  })

  it('keeps its hands off what changed since it was read', () => {
    const file = write(`.mcp-auth/mcp-remote-v1/${hash}_tokens.json`, remoteTokens)
    const [grant] = find()
    if (grant === undefined) throw new Error('nothing found')
    utimesSync(file, 1, 1)
    expect(() => shred(grant)).toThrow(expect.objectContaining({ code: 'import.changed' }))
    expect(readFileSync(file, 'utf8')).toContain('rt-1')
  })
})
