import { chmod, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import type { FindingCode } from '../../main/wiring/doctor/codes.ts'
import type { Where } from '../../main/wiring/types.ts'

/** One problem that was put into a home. `client` and `server` as the doctor names them. */
export interface Planted {
  readonly code: FindingCode
  readonly client: string
  readonly server: string | null
  /** What the name of the place has to hold; null where the finding has none. */
  readonly where: string | null
}

export interface PlantedHome {
  readonly where: Where
  /** Warder's own home. */
  readonly warder: string
  readonly problems: readonly Planted[]
  /** Harmless servers, by client and name. */
  readonly decoys: readonly { readonly client: string; readonly server: string }[]
  /** Every value that nobody may ever be shown. */
  readonly values: readonly string[]
}

type Entry = Readonly<Record<string, unknown>>

/** A home with nine clients, sixty planted problems and thirty decoys; every credential in it is made up here. */
export async function plantHome(home: string): Promise<PlantedHome> {
  const values: string[] = []
  const make = randomly(20261121)
  const secret = (before: string, length: number, of = LETTERS) => {
    const value = before + make(length, of)
    values.push(value)
    return value
  }
  const problems: Planted[] = []
  const decoys: { client: string; server: string }[] = []
  const files = new Map<string, Record<string, Entry>>()
  const put = (client: string, server: string, entry: Entry) => {
    files.set(client, { ...files.get(client), [server]: entry })
  }
  const plant = (
    client: string,
    server: string,
    entry: Entry,
    code: FindingCode,
    where: string | null,
  ) => {
    put(client, server, entry)
    problems.push({ code, client, server, where })
  }
  const decoy = (client: string, server: string, entry: Entry) => {
    put(client, server, entry)
    decoys.push({ client, server })
  }
  const tools = path.join(home, '.nvm', 'bin')
  const bin = path.join(home, 'usr', 'bin')
  const node = process.execPath
  // No two of them are the same server.
  let number = 0
  const local = (entry: Entry): Entry => ({
    command: node,
    args: ['--version', `--number=${++number}`],
    ...entry,
  })
  const env = (name: string, value: string) => local({ env: { [name]: value } })

  const inEnv = 'doctor.secret_in_env'
  plant(
    'claude-desktop',
    'github',
    env('GITHUB_PERSONAL_ACCESS_TOKEN', secret('ghp_', 36)),
    inEnv,
    'GITHUB_PERSONAL_ACCESS_TOKEN',
  )
  plant(
    'claude-desktop',
    'slack',
    env('SLACK_BOT_TOKEN', secret(`xoxb-${make(12, DIGITS)}-${make(12, DIGITS)}-`, 24)),
    inEnv,
    'SLACK_BOT_TOKEN',
  )
  plant(
    'claude-desktop',
    'wiki',
    env('WIKI_PASSWORD', secret('horse-battery-', 4, DIGITS)),
    inEnv,
    'WIKI_PASSWORD',
  )
  plant(
    'claude-desktop',
    'postgres',
    env('DATABASE_URL', `postgres://app:${secret('pa5s!', 12)}@db.example/app`),
    inEnv,
    'DATABASE_URL',
  )
  const inArgument = 'doctor.secret_in_argument'
  plant(
    'claude-desktop',
    'search',
    local({ args: ['--api-key', secret('', 24)] }),
    inArgument,
    '--api-key',
  )
  plant(
    'claude-desktop',
    'maps',
    local({ args: [`--access-token=${secret('', 24)}`] }),
    inArgument,
    '--access-token',
  )
  plant(
    'claude-desktop',
    'container',
    local({ args: ['run', '-i', '-e', `API_TOKEN=${secret('', 24)}`, 'image'] }),
    inArgument,
    'API_TOKEN',
  )
  plant(
    'claude-desktop',
    'bridge',
    local({ args: ['--title', 'x', '--header', `Authorization: Bearer ${secret('', 32)}`] }),
    inArgument,
    'Authorization',
  )
  plant(
    'claude-desktop',
    'stripe',
    local({ args: ['--version', secret('sk_live_', 24)] }),
    inArgument,
    'argument',
  )
  plant(
    'claude-desktop',
    'sql',
    local({ args: ['-i', `postgresql://me:${secret('w0rd', 10)}@db.example/x`] }),
    inArgument,
    'password',
  )
  plant(
    'claude-desktop',
    'remote',
    { url: 'https://never.example/mcp' },
    'doctor.never_started',
    'URL',
  )
  plant(
    'claude-desktop',
    'gone',
    { command: 'no-such-program-7f3a' },
    'doctor.program_missing',
    'command',
  )
  plant(
    'claude-desktop',
    'script',
    { command: node, args: [path.join(home, 'no', 'server.js')] },
    'doctor.script_missing',
    null,
  )
  plant(
    'claude-desktop',
    'managed',
    { command: 'managed-tool' },
    'doctor.program_hidden_from_apps',
    'command',
  )
  plant(
    'claude-desktop',
    'open',
    local({ args: ['--version', '--host', '0.0.0.0'] }),
    'doctor.listens_everywhere',
    '--host',
  )
  plant(
    'claude-desktop',
    'published',
    local({ args: ['run', '-p', '8931:8931', 'image'] }),
    'doctor.listens_everywhere',
    'argument',
  )
  problems.push({
    code: 'doctor.readable_by_others',
    client: 'claude-desktop',
    server: null,
    where: null,
  })

  const inHeader = 'doctor.secret_in_header'
  const inUrl = 'doctor.secret_in_url'
  const http = (url: string, more: Entry = {}): Entry => ({ type: 'http', url, ...more })
  const header = (at: string, name: string, value: string) =>
    http(`https://${at}.example/mcp`, { headers: { [name]: value } })
  plant(
    'claude-code',
    'linear',
    header('linear', 'Authorization', `Bearer ${secret('lin_api_', 40)}`),
    inHeader,
    'Authorization',
  )
  plant('claude-code', 'keyed', header('keyed', 'X-API-Key', secret('', 32)), inHeader, 'X-API-Key')
  plant(
    'claude-code',
    'query',
    http(`https://query.example/mcp?api_key=${secret('', 32)}`),
    inUrl,
    'api_key',
  )
  plant(
    'claude-code',
    'user-info',
    http(`https://ann:${secret('', 16)}@info.example/mcp`),
    inUrl,
    'password',
  )
  plant(
    'claude-code',
    'path',
    http(`https://path.example/s/${secret('', 48)}/mcp`),
    'doctor.secret_possible',
    'path',
  )
  plant(
    'claude-code',
    'client',
    http('https://client.example/mcp', {
      oauth: { clientId: 'abc', clientSecret: secret('', 32) },
    }),
    'doctor.secret_in_settings',
    'clientSecret',
  )
  plant('claude-code', 'plain', http('http://plain.example/mcp'), 'doctor.plain_http', 'URL')
  plant('claude-code', 'mistyped', http('https//mistyped.example/mcp'), 'doctor.url_invalid', 'URL')
  plant('claude-code', 'empty', { type: 'stdio' }, 'doctor.never_started', null)
  plant(
    'claude-code project',
    'defaults',
    header('defaults', 'Authorization', `Bearer \${TOKEN:-${secret('', 30)}}`),
    inHeader,
    'Authorization',
  )
  plant(
    'claude-code folder',
    'one-folder',
    env('GITLAB_TOKEN', secret('glpat-', 20)),
    inEnv,
    'GITLAB_TOKEN',
  )

  plant(
    'cursor',
    'auth',
    { url: 'https://auth.example/mcp', auth: { CLIENT_ID: 'abc', CLIENT_SECRET: secret('', 40) } },
    'doctor.secret_in_settings',
    'CLIENT_SECRET',
  )
  plant('cursor', 'openai', env('OPENAI_API_KEY', secret('sk-proj-', 60)), inEnv, 'OPENAI_API_KEY')
  plant(
    'cursor',
    'aws',
    env('AWS_SECRET_ACCESS_KEY', secret('', 40)),
    inEnv,
    'AWS_SECRET_ACCESS_KEY',
  )
  plant(
    'cursor',
    'aws-id',
    env('AWS_ACCESS_KEY_ID', secret('AKIA', 16, UPPER)),
    inEnv,
    'AWS_ACCESS_KEY_ID',
  )
  plant(
    'cursor',
    'google',
    env(
      'SERVICE_ACCOUNT',
      JSON.stringify({
        type: 'service_account',
        private_key: `-----BEGIN PRIVATE KEY-----\n${secret('MII', 60)}\n-----END PRIVATE KEY-----\n`,
      }),
    ),
    inEnv,
    'SERVICE_ACCOUNT',
  )
  plant(
    'cursor',
    'shapeless',
    env('WORKSPACE', secret('', 48)),
    'doctor.secret_possible',
    'WORKSPACE',
  )
  plant(
    'cursor',
    'fragment',
    { url: `https://fragment.example/mcp#access_token=${secret('', 32)}` },
    inUrl,
    'access_token',
  )
  plant(
    'cursor',
    'webhook',
    env(
      'NOTIFY_URL',
      `https://hooks.slack.com/services/T0${make(8, UPPER)}/B0${make(8, UPPER)}/${secret('', 24)}`,
    ),
    inEnv,
    'NOTIFY_URL',
  )
  plant('cursor', 'brave', env('BRAVE_KEY', secret('BSA', 27)), inEnv, 'BRAVE_KEY')
  plant('cursor', 'shared', { url: 'https://shared.example/mcp' }, 'doctor.duplicate', null)
  problems.push({ code: 'doctor.writable_by_others', client: 'cursor', server: null, where: null })

  plant(
    'vscode',
    'basic',
    header('basic', 'Authorization', `Basic ${secret('', 36)}`),
    inHeader,
    'Authorization',
  )
  plant('vscode', 'cookie', header('cookie', 'Cookie', `sid=${secret('', 32)}`), inHeader, 'Cookie')
  plant(
    'vscode',
    'env-file',
    { type: 'stdio', ...local({ envFile: path.join(home, 'work', '.env') }) },
    inEnv,
    'NOTION_TOKEN',
  )
  problems.push({
    code: 'doctor.readable_by_others',
    client: 'vscode',
    server: 'env-file',
    where: null,
  })
  plant(
    'vscode',
    'no-env-file',
    local({ envFile: path.join(home, 'work', 'no.env') }),
    'doctor.env_file_missing',
    'envFile',
  )
  plant(
    'vscode',
    'no-folder',
    local({ cwd: path.join(home, 'no-folder') }),
    'doctor.folder_missing',
    'cwd',
  )
  put('vscode', 'the-same', { type: 'http', url: 'https://shared.example/mcp/' })
  problems.push({
    code: 'doctor.file_broken',
    client: 'vscode-insiders',
    server: null,
    where: null,
  })

  plant(
    'windsurf',
    'sse',
    { serverUrl: `https://sse.example/mcp?token=${secret('', 32)}` },
    inUrl,
    'token',
  )
  plant(
    'windsurf',
    'jwt',
    env('MAIL', secret('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.', 43)),
    inEnv,
    'MAIL',
  )
  plant('windsurf', 'bound', env('BIND_HOST', '0.0.0.0'), 'doctor.listens_everywhere', 'BIND_HOST')
  plant(
    'zed',
    'nested',
    {
      command: {
        path: node,
        args: ['--version', 'nested'],
        env: { SENTRY_TOKEN: secret('sntryu_', 64, HEX) },
      },
    },
    inEnv,
    'SENTRY_TOKEN',
  )
  plant(
    'zed',
    'figma',
    { url: 'https://figma.example/mcp', headers: { 'X-Figma-Token': secret('figd_', 40) } },
    inHeader,
    'X-Figma-Token',
  )
  plant(
    'codex',
    'toml',
    env('AIRTABLE_API_KEY', secret(`pat${make(14)}.`, 64, HEX)),
    inEnv,
    'AIRTABLE_API_KEY',
  )
  plant(
    'codex',
    'toml-http',
    {
      url: 'https://toml.example/mcp',
      http_headers: { Authorization: `Bearer ${secret('', 40)}` },
    },
    inHeader,
    'Authorization',
  )
  plant(
    'codex',
    'inline',
    { url: 'https://inline.example/mcp', bearer_token: secret('', 40) },
    'doctor.secret_in_settings',
    'bearer_token',
  )
  plant(
    'gemini',
    'headers',
    { httpUrl: 'https://gemini.example/mcp', headers: { 'x-goog-api-key': secret('AIza', 35) } },
    inHeader,
    'x-goog-api-key',
  )
  plant('gemini', 'pin', env('ACCOUNT_PIN', secret('', 6, DIGITS)), inEnv, 'ACCOUNT_PIN')
  plant(
    'goose',
    'yaml',
    {
      type: 'stdio',
      cmd: node,
      args: ['--version', 'yaml-0'],
      envs: { HF_TOKEN: secret('hf_', 34) },
    },
    inEnv,
    'HF_TOKEN',
  )
  plant(
    'goose',
    'yaml-http',
    {
      type: 'streamable_http',
      uri: 'https://goose.example/mcp',
      headers: { Authorization: `Token ${secret('', 40, HEX)}` },
    },
    inHeader,
    'Authorization',
  )
  problems.push({ code: 'doctor.token_cache', client: 'mcp-remote', server: null, where: null })
  problems.push({
    code: 'doctor.token_cache',
    client: 'gemini-cli',
    server: 'calendar',
    where: null,
  })

  decoy('claude-desktop', 'd-reference', env('GITHUB_TOKEN', '${env:GITHUB_TOKEN}'))
  decoy('claude-desktop', 'd-plain-reference', env('GITHUB_TOKEN', '${GITHUB_TOKEN}'))
  decoy('claude-desktop', 'd-dollar', env('API_KEY', '$API_KEY'))
  decoy('claude-desktop', 'd-percent', env('API_KEY', '%API_KEY%'))
  decoy('claude-desktop', 'd-template', env('API_KEY', '<your-api-key>'))
  decoy('claude-desktop', 'd-example', env('API_KEY', 'YOUR_API_KEY_HERE'))
  decoy('claude-desktop', 'd-stars', env('PASSWORD', '********'))
  decoy('claude-desktop', 'd-one-password', env('API_KEY', 'op://work/search/credential'))
  decoy('claude-desktop', 'd-author', env('GIT_AUTHOR_NAME', 'Ada Lovelace'))
  decoy(
    'claude-desktop',
    'd-limits',
    local({ env: { MAX_TOKENS: '128000', TOKENIZERS_PARALLELISM: 'false', TOKEN_LIMIT: '4096' } }),
  )
  decoy('claude-desktop', 'd-socket', env('SSH_AUTH_SOCK', '/run/user/1000/keyring/ssh'))
  decoy(
    'claude-desktop',
    'd-key-file',
    env('GOOGLE_APPLICATION_CREDENTIALS', '/home/ann/keys/service.json'),
  )
  decoy('claude-desktop', 'd-disabled', { command: 'no-such-program-1b2c', disabled: true })
  decoy('claude-desktop', 'd-loopback', local({ args: ['--version', '--host', '127.0.0.1'] }))
  decoy(
    'claude-desktop',
    'd-published',
    local({ args: ['run', '-p', '127.0.0.1:8932:8932', 'image'] }),
  )
  decoy('claude-desktop', 'd-warder', {
    command: '/opt/warder/warder-mcp',
    args: ['--client', 'claude-desktop'],
  })
  decoy('claude-code', 'd-header', header('d-header', 'Authorization', 'Bearer ${HUB_TOKEN}'))
  decoy('claude-code', 'd-local-http', http('http://127.0.0.1:39127/mcp'))
  decoy('claude-code', 'd-default', http('https://${HOST:-api.example.com}/mcp'))
  decoy(
    'claude-code',
    'd-helper',
    http('https://helper.example/mcp', { headersHelper: '/usr/bin/true' }),
  )
  decoy('cursor', 'd-commit', env('PINNED_COMMIT', make(40, HEX)))
  decoy('cursor', 'd-uuid', env('PROJECT_ID', '123e4567-e89b-12d3-a456-426614174000'))
  decoy('cursor', 'd-public', env('SIGNING_PUBLIC_KEY', `MCowBQYDK2VwAyEA${make(43)}=`))
  decoy(
    'cursor',
    'd-words',
    env('SETTINGS', Buffer.from('{"theme":"dark","language":"de","lines":42}').toString('base64')),
  )
  decoy('vscode', 'd-input', header('d-input', 'Authorization', 'Bearer ${input:token}'))
  decoy(
    'vscode',
    'd-switches',
    local({
      env: {
        AUTH: 'none',
        USE_SESSION: 'true',
        AUTH_METHOD: 'oidc',
        TOKEN_URL: 'https://id.example/token',
      },
    }),
  )
  decoy(
    'windsurf',
    'd-page',
    local({ args: ['--version', 'https://docs.example:8443/@ann/page?page=2&sort=token'] }),
  )
  decoy('codex', 'd-variable', {
    url: 'https://variable.example/mcp',
    bearer_token_env_var: 'HUB_TOKEN',
    env_http_headers: { 'X-Api-Key': 'HUB_KEY' },
  })
  decoy(
    'gemini',
    'd-package',
    local({ args: ['-y', '@scope/server-filesystem@1.2.3', '/home/ann/notes', '--token-limit=9'] }),
  )
  decoy('goose', 'd-keys', {
    type: 'stdio',
    cmd: node,
    args: ['--version', 'yaml-1'],
    envs: {},
    env_keys: ['GITHUB_TOKEN'],
  })

  await program(path.join(tools, 'managed-tool'))
  await mkdir(bin, { recursive: true })
  const save = async (file: string, text: string, mode = 0o600) => {
    const target = path.join(home, file)
    await mkdir(path.dirname(target), { recursive: true })
    await writeFile(target, text)
    await chmod(target, mode)
  }
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
  const of = (client: string) => files.get(client) ?? {}
  await save(
    '.config/Claude/claude_desktop_config.json',
    json({ mcpServers: of('claude-desktop') }),
    0o644,
  )
  await save(
    '.claude.json',
    json({
      mcpServers: of('claude-code'),
      projects: { [path.join(home, 'other')]: { mcpServers: of('claude-code folder') } },
    }),
  )
  await save('work/.mcp.json', json({ mcpServers: of('claude-code project') }))
  await save('.cursor/mcp.json', `// mine\n${json({ mcpServers: of('cursor') })}`, 0o602)
  await save(
    '.config/Code/User/mcp.json',
    json({
      inputs: [{ type: 'promptString', id: 'token', password: true }],
      servers: of('vscode'),
    }),
  )
  await save('.config/Code - Insiders/User/mcp.json', '{ "servers": { "broken": ')
  await save('.codeium/windsurf/mcp_config.json', json({ mcpServers: of('windsurf') }))
  await save('.config/zed/settings.json', json({ theme: 'One', context_servers: of('zed') }))
  await save('.codex/config.toml', toml(of('codex')))
  await save('.gemini/settings.json', json({ mcpServers: of('gemini') }))
  await save('.config/goose/config.yaml', stringify({ extensions: of('goose') }))
  await save('work/.env', `# ours\nNOTION_TOKEN="${secret('ntn_', 46)}"\nDEBUG=1\n`, 0o644)
  await save(
    `.mcp-auth/mcp-remote-0.1.37/${make(32, HEX)}_tokens.json`,
    json({ access_token: secret('', 40), refresh_token: secret('', 40), token_type: 'Bearer' }),
  )
  await save(
    '.gemini/mcp-oauth-tokens.json',
    json([
      {
        serverName: 'calendar',
        mcpServerUrl: 'https://calendar.example/mcp',
        token: { accessToken: secret('', 40) },
      },
    ]),
  )
  const warder = path.join(home, 'warder')
  await mkdir(warder, { mode: 0o700 })
  return {
    where: {
      home,
      env: { HOME: home, PATH: [tools, bin].join(':') },
      platform: 'linux',
      folder: path.join(home, 'work'),
    },
    warder,
    problems: problems.map((one) => ({ ...one, client: one.client.replace(/ .*/, '') })),
    decoys,
    values,
  }
}

async function program(file: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, '#!/bin/sh\n')
  await chmod(file, 0o755)
}

function toml(servers: Readonly<Record<string, Entry>>): string {
  const value = (one: unknown): string =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? `{ ${Object.entries(one)
          .map(([name, inner]) => `${JSON.stringify(name)} = ${value(inner)}`)
          .join(', ')} }`
      : JSON.stringify(one)
  return Object.entries(servers)
    .map(
      ([name, entry]) =>
        `[mcp_servers.${name}]\n${Object.entries(entry)
          .map(([key, one]) => `${key} = ${value(one)}\n`)
          .join('')}`,
    )
    .join('\n')
}

const DIGITS = '0123456789'
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const HEX = '0123456789abcdef'
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** The same every time, and nowhere in this file. */
function randomly(seed: number): (length: number, of?: string) => string {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 8
  }
  return (length, of = LETTERS) => {
    const text = Array.from({ length }, () => of.charAt(next() % of.length)).join('')
    return of === LETTERS && length >= 12 ? `${text.slice(0, -3)}q7R` : text
  }
}
