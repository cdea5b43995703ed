import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { testHome } from '../harness/home.ts'
import { startStandIn } from './stand-in.ts'
import { accountSample, secretSample } from './views.ts'
import { document, warder } from './warder.ts'

const config = {
  servers: {
    linear: { url: 'https://mcp.linear.app/mcp' },
    search: {
      url: 'https://search.example/mcp',
      auth: 'header',
      headers: { 'X-Key': 'secret:search' },
    },
  },
  clients: { cursor: {} },
  rules: [{ effect: 'deny', client: 'cursor', server: 'search' }],
}

describe('warder setup', () => {
  it('goes from one home to another without a companion, and says what is left to do', async () => {
    await using from = await testHome()
    await using to = await testHome()
    await writeFile(path.join(from.path, 'config.json'), JSON.stringify(config))
    const exported = await warder(['setup', 'export', '--home', from.path])
    expect(exported.code).toBe(0)
    const home = path.join(to.path, 'new')
    const dry = await warder(['setup', 'import', '-', '--dry-run', '--json', '--home', home], {
      stdin: exported.stdout,
    })
    expect(document(dry)).toMatchObject({
      done: false,
      next: { secrets: ['search'], accounts: [], clients: ['cursor'] },
    })
    await expect(stat(home)).rejects.toThrow('ENOENT')
    const done = await warder(['setup', 'import', '-', '--home', home], { stdin: exported.stdout })
    expect(done.code).toBe(0)
    expect(done.stdout).toContain('  warder secret set search\n  warder approvals\n')
    const { $schema: _, ...written } = JSON.parse(
      await readFile(path.join(home, 'config.json'), 'utf8'),
    )
    expect(written).toMatchObject(config)
    const again = await warder(['setup', 'import', '-', '--home', home], { stdin: exported.stdout })
    expect(again.stdout).toBe('There is nothing to take over.\n')
  })

  it('names the accounts where a companion tells them', async () => {
    await using companion = await startStandIn({ 'accounts:list': () => [accountSample] })
    const exported = await warder(['setup', 'export', '--json', '--home', companion.home])
    expect(document(exported)).toMatchObject({
      accounts: [{ account: accountSample.account, issuer: accountSample.issuer }],
    })
  })

  it('has a sheet of every grant with the page where it is taken back', async () => {
    await using companion = await startStandIn({
      'accounts:list': () => [
        { ...accountSample, resource: 'https://mcp.linear.app/mcp' },
        {
          ...accountSample,
          account: 'own/ann',
          server: 'own',
          resource: 'https://own.example/mcp',
        },
        {
          ...accountSample,
          account: 'idp/ann',
          server: 'idp',
          resource: 'https://idp.example/mcp',
        },
      ],
      'secrets:list': () => [{ ...secretSample, name: 'search', server: 'search' }],
    })
    const provided = {
      servers: { ...config.servers, idp: { url: 'https://idp.example/mcp', provider: 'corp' } },
      providers: { corp: { revokePage: 'https://id.example/connections' } },
    }
    await writeFile(path.join(companion.home, 'config.json'), JSON.stringify(provided))
    const json = document(await warder(['setup', 'sheet', '--json', '--home', companion.home]))
    expect(json).toMatchObject({
      grants: [
        { revokePage: 'https://linear.app/docs/security-and-access' },
        { revokePage: null },
        { revokePage: 'https://id.example/connections' },
      ],
      secrets: [{ name: 'search', url: 'https://search.example' }],
    })
    const text = await warder(['setup', 'sheet', '--home', companion.home])
    expect(text.stdout).toContain('[ ] own/ann')
    expect(text.stdout).toContain('no page is known: sign in there')
    expect(text.stdout).toContain('[ ] search, of search at https://search.example')
  })
})
