import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { chmod, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { WarderError } from '../../../main/errors.ts'
import { createMemoryStore } from '../../../main/vault/memory.ts'
import { putBackAdopted, wayBackOf, writeAdopted } from '../../../main/wiring/adoption/files.ts'
import { patchBetween, withoutPatches } from '../../../main/wiring/adoption/patches.ts'
import { planAdoption } from '../../../main/wiring/adoption/plan.ts'
import { createAdoptionRecords } from '../../../main/wiring/adoption/records.ts'
import { wiringClient } from '../../../main/wiring/clients/index.ts'
import { testHome } from '../../harness/home.ts'
import { wiringFor, write } from '../house.ts'

const VALUE = 'q7Rz2LmW9xKb4Vt8Yc3N'
const NONE = { servers: new Set<string>(), secrets: new Set<string>() }

const cursor = `{
  // mine
  "mcpServers": {
    "github": { "command": "npx", "args": ["-y", "gh"], "env": { "GITHUB_TOKEN": "${VALUE}" } }, // work
    "notes": { "command": "npx", "args": ["notes"] },
    "search": { "url": "https://search.example/mcp", "headers": { "X-Api-Key": "${VALUE}2" } },
  },
}
`
const codex = `# mine\n[mcp_servers.github]\ncommand = "npx"\nargs = ["-y", "gh"]\n[mcp_servers.github.env]\nGITHUB_TOKEN = "${VALUE}"\n`

async function house(user: string) {
  const wiring = wiringFor(user, 'linux')
  await write(path.join(user, '.cursor/mcp.json'), cursor)
  await write(path.join(user, '.codex/config.toml'), codex)
  return wiring
}

describe('an adoption', () => {
  it('moves what has a credential in the clear, once for clients that have the same, and leaves the rest', async () => {
    await using home = await testHome()
    const { servers, files, left } = planAdoption(await house(home.path), NONE)
    expect(servers.map(({ name, from }) => [name, from.map(({ client }) => client)])).toEqual([
      ['github', ['cursor', 'codex']],
      ['search', ['cursor']],
    ])
    expect(left).toEqual([])
    for (const { after } of files) {
      expect(after.toString()).not.toContain(VALUE)
      expect(after.toString()).toContain('warder-mcp')
    }
    expect(files[0]?.after.toString()).toContain('// mine')
    expect(files[0]?.after.toString()).toContain('"notes": { "command": "npx", "args": ["notes"] }')
  })

  it('takes another name where one is taken, by a server or by a secret', async () => {
    await using home = await testHome()
    const wiring = await house(home.path)
    const names = (taken: typeof NONE) =>
      planAdoption(wiring, taken).servers.map(({ name }) => name)
    expect(names({ ...NONE, servers: new Set(['github']) })).toEqual(['github-cursor', 'search'])
    expect(names({ ...NONE, secrets: new Set(['search-x-api-key']) })).toEqual([
      'github',
      'search-cursor',
    ])
  })

  it('leaves none of the copies that an earlier wiring made either', async () => {
    await using home = await testHome()
    const wiring = await house(home.path)
    wiring.apply(wiring.planWire(wiringClient('cursor'), 'user'))
    const copies = path.join(home.path, 'warder-home', 'wiring', 'backups')
    const [place = ''] = await readdir(copies)
    const [copy = ''] = await readdir(path.join(copies, place))
    expect(await readFile(path.join(copies, place, copy), 'utf8')).toContain(VALUE)

    writeAdopted(wiring, planAdoption(wiring, NONE).files, new Date())
    expect(await readdir(copies)).toEqual([])
    const back = wiring.planUnwire(wiringClient('cursor'), 'user')
    expect(back.after?.toString()).not.toContain(VALUE)
    expect(back.after?.toString()).not.toContain('warder-mcp')
  })

  it('is undone byte for byte, through a link, and leaves no copy of a credential in the home', async () => {
    await using home = await testHome()
    const wiring = await house(home.path)
    const real = await write(
      path.join(home.path, 'dotfiles/zed.json'),
      `{"context_servers":{"one":{"command":"x","env":{"API_KEY":"${VALUE}"}}}}`,
    )
    await write(path.join(home.path, '.config/zed/other'), '')
    await symlink(real, path.join(home.path, '.config/zed/settings.json'))
    await chmod(real, 0o640)
    const { files } = planAdoption(wiring, NONE)
    expect(files).toHaveLength(3)
    const back = files.map(wayBackOf)
    writeAdopted(wiring, files, new Date(0))
    for (const { before, after } of files) expect(await readFile(before.file)).toEqual(after)
    expect(wiring.ledger.records()).toHaveLength(3)
    expect(JSON.stringify(wiring.ledger.records())).not.toContain(VALUE)
    for (const file of back)
      expect(putBackAdopted(wiring, JSON.parse(JSON.stringify(file)))).toBe(true)
    for (const { before } of files) expect(await readFile(before.file)).toEqual(before.bytes)
    expect(wiring.ledger.records()).toEqual([])
    // Once more does nothing.
    for (const file of back) expect(putBackAdopted(wiring, file)).toBe(false)
  })

  it('is undone entry by entry where somebody else wrote into the file since', async () => {
    await using home = await testHome()
    const wiring = await house(home.path)
    const { files } = planAdoption(wiring, NONE)
    const [file] = files.map(wayBackOf)
    writeAdopted(wiring, files, new Date(0))
    const target = path.join(home.path, '.cursor/mcp.json')
    const other = (await readFile(target, 'utf8')).replace('// mine', '// somebody else')
    await writeFile(target, other)
    if (file !== undefined) putBackAdopted(wiring, file)
    const text = await readFile(target, 'utf8')
    expect(text).toContain('// somebody else')
    expect(text).not.toContain('warder')
    expect(text.split(VALUE)).toHaveLength(3)
    expect(planAdoption(wiring, NONE).files.map(({ client }) => client)).toEqual(['cursor'])
  })

  it('writes all files or none', async () => {
    await using home = await testHome()
    const wiring = await house(home.path)
    const { files } = planAdoption(wiring, NONE)
    // Between the plan and the writing somebody changes the last one.
    await writeFile(path.join(home.path, '.codex/config.toml'), `${codex}# more\n`)
    expect(() => writeAdopted(wiring, files, new Date(0))).toThrow(
      expect.objectContaining({ code: 'wiring.changed' }),
    )
    expect(await readFile(path.join(home.path, '.cursor/mcp.json'), 'utf8')).toBe(cursor)
    expect(wiring.ledger.records()).toEqual([])
  })

  it('does not write over what somebody else wrote before all of it was taken back', async () => {
    await using home = await testHome()
    const wiring = await house(home.path)
    const { files } = planAdoption(wiring, NONE)
    const [first, last] = files
    if (first === undefined || last === undefined) throw new Error('two files')
    const changed = {
      ...last,
      get before() {
        if (readFileSync(first.before.file).equals(first.after))
          writeFileSync(first.before.file, '{"mcpServers":{}}')
        return { ...last.before, sha256: 'another' }
      },
    }
    expect(() => writeAdopted(wiring, [first, changed], new Date(0))).toThrow(
      expect.objectContaining({ code: 'adoption.halfway' }),
    )
    expect(await readFile(first.before.file, 'utf8')).toBe('{"mcpServers":{}}')
  })

  it('leaves every credential in its file where what is wired cannot be written down', async () => {
    await using home = await testHome()
    const wiring = await house(home.path)
    const { files } = planAdoption(wiring, NONE)
    for (const method of ['keep', 'dropCopies'] as const) {
      let times = 0
      const ledger: typeof wiring.ledger = {
        ...wiring.ledger,
        [method](of: never) {
          if (times++ > 0) throw new WarderError('store.unwritable', 'The disk is full.')
          wiring.ledger[method](of)
        },
      }
      expect(() => writeAdopted({ ...wiring, ledger }, files, new Date(0))).toThrow(
        expect.objectContaining({ code: 'store.unwritable' }),
      )
      for (const { before } of files) expect(await readFile(before.file)).toEqual(before.bytes)
      expect(wiring.ledger.records()).toEqual([])
    }
  })

  it('says so where a file could be written but not put back', async () => {
    await using home = await testHome()
    const wiring = await house(home.path)
    const { files } = planAdoption(wiring, NONE)
    const [first, last] = files
    if (first === undefined || last === undefined) throw new Error('two files')
    // Once the first is written somebody makes it read-only, and the last is no longer what was looked at.
    const changed = {
      ...last,
      get before() {
        chmodSync(first.before.file, 0o400)
        return { ...last.before, sha256: 'another' }
      },
    }
    expect(() => writeAdopted(wiring, [first, changed], new Date(0))).toThrow(
      expect.objectContaining({ code: 'adoption.halfway' }),
    )
    expect(await readFile(first.before.file)).toEqual(first.after)
    expect(wiring.ledger.records()).not.toEqual([])
    await chmod(first.before.file, 0o600)
    expect(putBackAdopted(wiring, wayBackOf(first))).toBe(true)
    expect(await readFile(first.before.file, 'utf8')).toBe(cursor)
  })

  it('gives no two servers one secret, nor one that is there, however long their names are', async () => {
    await using home = await testHome()
    const wiring = wiringFor(home.path, 'linux')
    const entries = {
      'company-internal-prod': { command: 'x', env: { API_TOKEN: VALUE } },
      'company-internal-test': { command: 'x', env: { API_TOKEN: `${VALUE}2` } },
    }
    await write(path.join(home.path, '.cursor/mcp.json'), JSON.stringify({ mcpServers: entries }))
    const [free] = planAdoption(wiring, NONE).servers.flatMap(({ secrets }) => secrets)
    const taken = new Set([free?.name ?? ''])
    const { servers } = planAdoption(wiring, { ...NONE, secrets: taken })
    const names = servers.flatMap(({ secrets }) => secrets.map(({ name }) => name))
    expect(names).toHaveLength(2)
    expect(new Set([...taken, ...names]).size).toBe(3)
    for (const { definition, secrets } of servers)
      expect(definition).toMatchObject({ env: { API_TOKEN: `secret:${secrets[0]?.name}` } })
  })

  it('tells two values apart that differ by a sign that replacements know', async () => {
    await using home = await testHome()
    const wiring = wiringFor(home.path, 'linux')
    const config = (token: string) =>
      JSON.stringify({ mcpServers: { one: { command: 'x', env: { API_TOKEN: token } } } })
    await write(path.join(home.path, '.cursor/mcp.json'), config(`${VALUE}$$`))
    await write(path.join(home.path, '.codeium/windsurf/mcp_config.json'), config(`${VALUE}$`))
    expect(planAdoption(wiring, NONE).servers).toHaveLength(2)
  })

  it('says of each server that stays why', async () => {
    await using home = await testHome()
    const wiring = wiringFor(home.path, 'linux', { env: { GH_PAT: `${VALUE}9` } })
    const entries = {
      'stays.url_path': { url: `https://a.example/ghp_${VALUE}aB3dEfGh1jK2mN4p/mcp` },
      'stays.provider_credential': {
        url: 'https://a.example/mcp',
        auth: { CLIENT_ID: 'a', CLIENT_SECRET: VALUE },
      },
      'stays.switched_off': { command: 'x', env: { TOKEN: VALUE }, disabled: true },
      'stays.variable_unset': { command: 'x', env: { TOKEN: VALUE, REGION: '${env:REGION}' } },
      'stays.asks_its_person': { command: 'x', env: { TOKEN: VALUE, OTHER: '${input:other}' } },
      'stays.open_folder': { command: 'x', env: { TOKEN: VALUE }, args: ['${workspaceFolder}'] },
      'stays.reference_unknown': { command: 'x', env: { TOKEN: VALUE }, args: ['${REGION}'] },
      'stays.still_clear': { command: '${env:GH_PAT}', env: { TOKEN: VALUE } },
      'stays.value_missing': { command: 'x', env: { TOKEN: VALUE, API_KEY: '<your key>' } },
      'stays.env_file': { command: 'x', env: { TOKEN: VALUE }, envFile: '/nowhere/.env' },
      'stays.tools_chosen': { command: 'x', env: { TOKEN: VALUE }, enabledTools: ['search'] },
      'stays.several_lines': { command: 'x', env: { TOKEN: `${VALUE}\nmore` } },
      'stays.names_vault': { command: 'x', env: { TOKEN: VALUE, NOTE: 'secret:other' } },
    }
    await write(path.join(home.path, '.cursor/mcp.json'), JSON.stringify({ mcpServers: entries }))
    const { servers, files, left } = planAdoption(wiring, NONE)
    expect([servers, files]).toEqual([[], []])
    expect(left.map(({ name, code }) => [name, code])).toEqual(
      Object.keys(entries).map((code) => [code, code]),
    )
    expect(left.find(({ code }) => code === 'stays.variable_unset')?.problem).toContain('REGION')
    expect(JSON.stringify(left)).not.toContain(VALUE)
  })

  it('keeps from a client the tools that it did not use', async () => {
    await using home = await testHome()
    const wiring = wiringFor(home.path, 'linux')
    const entry = { command: 'x', env: { API_TOKEN: VALUE } }
    const put = (file: string, more: object) =>
      write(
        path.join(home.path, file),
        JSON.stringify({ mcpServers: { one: { ...entry, ...more } } }),
      )
    await put('.codeium/windsurf/mcp_config.json', { disabledTools: ['delete_all'] })
    await put('.gemini/settings.json', { excludeTools: ['send', 'send'] })
    const [one] = planAdoption(wiring, NONE).servers
    expect(one?.from.map(({ client, hides }) => [client, hides])).toEqual([
      ['windsurf', ['delete_all']],
      ['gemini', ['send']],
    ])
  })
})

describe('a server that refers to what stands elsewhere', () => {
  const env = { TEAM: 'blue', GH_PAT: `${VALUE}9`, EMPTY: '' }
  const planned = async (client: string, file: string, entry: object) => {
    const home = await testHome()
    const wiring = wiringFor(home.path, 'linux', { env })
    const container = client.startsWith('vscode') ? 'servers' : 'mcpServers'
    await write(path.join(home.path, file), JSON.stringify({ [container]: { one: entry } }))
    const plan = planAdoption(wiring, NONE, () => true)
    await home[Symbol.asyncDispose]()
    return { plan, path: home.path, one: plan.servers[0] }
  }

  it.each([
    ['claude-code', '.claude.json', '${TEAM}', '${TEAM:-red}', '${COLOUR:-red}', '${GH_PAT}'],
    ['gemini', '.gemini/settings.json', '$TEAM', '${TEAM:-red}', '${COLOUR:-red}', '$GH_PAT'],
    ['cursor', '.cursor/mcp.json', '${env:TEAM}', '${env:TEAM}', 'red', '${env:GH_PAT}'],
  ])(
    'is moved as %s starts it, and what a credential stood for is one',
    async (client, file, plain, set, unset, secret) => {
      const { one } = await planned(client, file, {
        command: 'x',
        args: ['--team', plain, set, unset, 'as', secret],
        env: { TEAM_NAME: `${plain}-ish`, API_TOKEN: `Bearer ${secret}` },
      })
      expect(one?.definition).toEqual({
        command: 'x',
        args: ['--team', 'blue', 'blue', 'red', 'as', '{argument:ARGUMENT_6}'],
        arguments: { ARGUMENT_6: 'secret:one-argument-6' },
        env: { TEAM_NAME: 'blue-ish', API_TOKEN: 'secret:one-api-token' },
      })
      expect(one?.secrets.map(({ value }) => value).toSorted()).toEqual([
        `Bearer ${VALUE}9`,
        `${VALUE}9`,
      ])
      expect(one?.from[0]?.variables.toSorted()).toEqual(['GH_PAT', 'TEAM'])
    },
  )

  it('keeps what its client would pass on as it stands', async () => {
    const { one, plan } = await planned('cursor', '.cursor/mcp.json', {
      command: 'x',
      args: ['$TEAM'],
    })
    expect(one).toBeUndefined()
    expect(plan.left).toMatchObject([{ code: 'stays.reference_unknown' }])
  })

  it('has the variables of its file, as its client reads them, and the file is named', async () => {
    await using home = await testHome()
    const wiring = wiringFor(home.path, 'linux', { env })
    const file = await write(
      path.join(home.path, 'server.env'),
      `# mine\nexport API_TOKEN="${VALUE}#1" # for work\nREGION: 'eu'\nTEAM_NAME=green\nnonsense\n`,
    )
    await write(
      path.join(home.path, '.config/Code/User/mcp.json'),
      JSON.stringify({
        servers: {
          one: {
            command: 'x',
            envFile: '${userHome}/server.env',
            env: { TEAM_NAME: '${env:TEAM}' },
          },
        },
      }),
    )
    const { servers } = planAdoption(wiring, NONE, () => true)
    expect(servers).toMatchObject([
      {
        definition: {
          env: { API_TOKEN: 'secret:one-api-token', REGION: 'eu', TEAM_NAME: 'blue' },
        },
        secrets: [{ value: `${VALUE}#1` }],
        from: [{ envFile: file }],
      },
    ])
  })
})

describe('a project', () => {
  it('gets an entry that can be committed, its servers find their files, and all of it is undone', async () => {
    await using home = await testHome()
    const wiring = wiringFor(home.path, 'linux')
    const folder = path.join(home.path, 'project')
    await write(path.join(folder, 'server.js'), '')
    const text = `{\n  "mcpServers": {\n    "one": { "command": "node", "args": ["server.js"], "env": { "API_TOKEN": "${VALUE}" } },\n    "two": { "command": "npx" }\n  }\n}\n`
    const file = await write(path.join(folder, '.mcp.json'), text)
    const { servers, files } = planAdoption(wiring, NONE)
    expect(servers).toMatchObject([{ definition: { cwd: folder }, from: [{ folder }] }])
    expect(files.map(({ scope }) => scope)).toEqual(['project'])
    const after = files[0]?.after.toString() ?? ''
    expect(after).toContain('${HOME}/warder-home/bin/warder-mcp')
    expect(after).not.toContain(home.path)
    expect(after).not.toContain(VALUE)
    const back = files.map(wayBackOf)
    writeAdopted(wiring, files, new Date(0))
    expect(wiring.ledger.records()).toMatchObject([{ scope: 'project', file }])
    for (const one of back) putBackAdopted(wiring, JSON.parse(JSON.stringify(one)))
    expect(await readFile(file, 'utf8')).toBe(text)
    expect(wiring.ledger.records()).toEqual([])
  })

  it('that Claude Code keeps in the user’s file is served like any, byte for byte there and back', async () => {
    await using home = await testHome()
    const wiring = wiringFor(home.path, 'linux')
    const entry = `{"command":"npx","env":{"API_TOKEN":"${VALUE}"}}`
    const text = `{"projects":{"/src/a":{"mcpServers":{"one":${entry}}},"/src/b":{"mcpServers":{"one":${entry}},"history":[]}},"numStartups":3}`
    const file = await write(path.join(home.path, '.claude.json'), text)
    const { servers, files } = planAdoption(wiring, NONE)
    expect(servers).toHaveLength(1)
    expect(servers[0]?.from.map((one) => one.folder)).toEqual(['/src/a', '/src/b'])
    const after = JSON.parse(files[0]?.after.toString() ?? '')
    expect(after).toMatchObject({ numStartups: 3, mcpServers: { warder: {} } })
    expect(JSON.stringify(after)).not.toContain('API_TOKEN')
    const back = files.map(wayBackOf)
    writeAdopted(wiring, files, new Date(0))
    // Claude Code writes its file all the time.
    const others = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ ...others, numStartups: 4 }))
    for (const one of back) putBackAdopted(wiring, one)
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      ...JSON.parse(text),
      mcpServers: {},
      numStartups: 4,
    })
  })
})

describe('the record of an adoption', () => {
  it('is read as an earlier version wrote it, with entries by name alone', async () => {
    const vault = createMemoryStore()
    const file = { client: 'vscode', file: '/f', was: 'a', written: 'b', patches: [], wired: true }
    await vault.set('adoptions', '["one"]')
    await vault.set(
      'adoption:one',
      '{"id":"one","at":"","servers":{},"clients":[],"rules":[],"files":1}',
    )
    await vault.set('adoption:one:0', JSON.stringify({ ...file, entries: { notes: { url: 'u' } } }))
    expect(await createAdoptionRecords(vault).last()).toMatchObject({
      rights: [],
      files: [
        { ...file, scope: 'user', entries: [{ at: ['servers', 'notes'], entry: { url: 'u' } }] },
      ],
    })
  })
})

describe('patches', () => {
  it('take a text back, and say where they do not fit', () => {
    const texts = ['', 'abc', 'axbxc', 'xbx', 'xbxbx', '']
    const patches = texts.slice(1).map((text, index) => patchBetween(texts[index] ?? '', text))
    expect(withoutPatches(texts.at(-1) ?? '', patches)).toBe('')
    for (let from = 1; from < texts.length; from++)
      expect(withoutPatches(texts[from] ?? '', patches.slice(0, from))).toBe('')
    expect(withoutPatches('zzz', [patchBetween('abc', 'abd')])).toBeNull()
  })
})
