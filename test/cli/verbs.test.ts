import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import type { ServerView } from '../../preload/contract/index.ts'
import { type StandIn, startStandIn } from './stand-in.ts'
import * as sample from './views.ts'
import { document, warder } from './warder.ts'

/** Verbs that ask for one thing and show it: the document is the contract's, the text is for people. */
describe('verbs that show', () => {
  const hostile: ServerView = {
    ...sample.remoteSample,
    state: 'error',
    message: 'broken \u001b]0;title\u0007\nready',
  }
  const tested = {
    protocolVersion: '2025-11-25',
    server: { name: 'Linear', version: '2' },
    tools: ['create_issue', 'find_issue'],
    described: [{ name: 'create_issue', description: null, tokens: 12 }],
    latencyMs: 12.3,
  }
  const updated = { package: 'p', before: '1.0.0', version: '1.1.0', changed: true }
  const offered = [
    {
      server: 'linear',
      heardAt: sample.statusSample.startedAt,
      tools: [
        { name: 'find_issue', description: null, tokens: 12, allowed: true },
        { name: 'drop_all', description: null, tokens: 400, allowed: false },
      ],
    },
    { server: 'github', heardAt: null, tools: [] },
  ]
  const looked = {
    asks: 'sign-in' as const,
    status: 401,
    found: {
      issuer: 'https://id.example',
      otherIssuers: [],
      resource: 'https://mcp.example/mcp',
      scopes: ['read', 'write'],
      registration: 'dynamic' as const,
      device: false,
      services: true,
      revocation: false,
      introspection: false,
    },
    problem: null,
  }
  let companion: StandIn
  beforeAll(async () => {
    companion = await startStandIn({
      'status:get': () => sample.statusSample,
      'servers:list': () => [sample.localSample, hostile],
      'servers:remove': () => [sample.receiptSample],
      'servers:test': () => tested,
      'servers:update': () => updated,
      'servers:pins': () => [sample.toolPinSample],
      'servers:tools': () => offered,
      'servers:look': () => looked,
      'clients:trim': () => ({}),
      'secrets:list': () => [sample.secretSample],
      'secrets:remove': () => ({}),
      'accounts:list': () => [sample.accountSample],
      'receipts:list': () => [sample.receiptSample],
      'imports:list': () => [sample.importSample],
      'imports:shred': () => ({ files: [sample.importSample.file], problem: null }),
      'clients:list': () => [sample.clientSample],
      'clients:remove': () => ({}),
      'approvals:list': () => [sample.approvalSample],
      'ui:open': ({ browser }) => ({ url: browser ? null : 'http://127.0.0.1:1/x', file: null }),
    })
  })
  afterAll(() => companion[Symbol.asyncDispose]())

  it.each([
    [
      ['status'],
      sample.statusSample,
      'github needs a sign-in: warder connect github\nlinear/ada@example.com needs a sign-in: warder connect linear\n',
    ],
    [['status'], sample.statusSample, 'of Cursor: `warder wire cursor` mends it\n'],
    [['server', 'list'], [sample.localSample, hostile], '/usr/bin/node /opt/notes/server.js "a b"'],
    [['server'], [sample.localSample, hostile], 'error: broken \\u{1b}]0;title\\u{7}\\u{a}ready'],
    [['server', 'update', 'files'], updated, 'version 1.1.0 of p from now on, and no longer 1.0.0'],
    [['server', 'test', 'linear'], tested, '2 tools: create_issue, find_issue'],
    [
      ['server', 'tools', 'linear'],
      [sample.toolPinSample],
      'tool-1    has a name that cannot be seen as it is',
    ],
    [
      ['server', 'look', 'https://mcp.example/mcp'],
      looked,
      'It wants a sign-in: `--auth oauth`. (HTTP 401)\n  issuer      https://id.example\n',
    ],
    [
      ['client', 'tools', 'cursor'],
      offered,
      'linear/drop_all    400     no\nlinear/find_issue  12      yes\nAbout 12 tokens in all.\nNot counted, since nobody has listed their tools yet: github.',
    ],
    [['server', 'remove', 'linear'], [sample.receiptSample], 'The server linear is removed.'],
    [['secret', 'list'], [sample.secretSample], 'notes-token  notes'],
    [['secret', 'remove', 'notes-token'], {}, 'The secret notes-token is removed.'],
    [['accounts'], [sample.accountSample], 'linear/ada@example.com  person  connected'],
    [['receipts'], [sample.receiptSample], 'may live on: The access token may live until 10:00.'],
    [
      ['import'],
      [sample.importSample],
      'a refresh token, readable by others: warder import adopt 3f2a91c07d54 --server linear',
    ],
    [
      ['import', 'shred', '3f2a91c07d54'],
      { files: [sample.importSample.file], problem: null },
      'or the disk itself copied of it before is out of reach',
    ],
    [['client', 'list'], [sample.clientSample], 'cursor  active'],
    [['client', 'remove', 'cursor'], {}, 'The client cursor is removed'],
    [['approvals'], [sample.approvalSample], 'allow cursor to call every tool of linear'],
    [['ui', '--no-browser'], { url: 'http://127.0.0.1:1/x', file: null }, 'http://127.0.0.1:1/x'],
    [['ui'], { url: null, file: null }, 'The window of Warder is open.'],
  ])('%j', async (args, expected, words) => {
    const json = await warder([...args, '--json', '--home', companion.home])
    expect(json.stderr).toBe('')
    expect(json.code).toBe(0)
    expect(document(json)).toEqual(expected)
    const text = await warder([...args, '--home', companion.home])
    expect(text.stderr).toBe('')
    expect(text.code).toBe(0)
    expect(text.stdout).toContain(words)
    expect(text.stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })
})

it('approves everything but what nobody can approve, and denies that too', async () => {
  let waiting = [sample.impossibleSample, sample.approvalSample]
  const decided: [string, boolean][] = []
  await using companion = await startStandIn({
    'approvals:list': () => waiting,
    'approvals:decide': ({ id, approve }) => {
      decided.push([id, approve])
      waiting = waiting.filter((one) => one.id !== id)
      return waiting
    },
  })
  const decide = (verb: string) =>
    warder(['approvals', verb, '--all', '--yes', '--json', '--home', companion.home])
  expect(document(await decide('approve'))).toEqual([sample.impossibleSample])
  expect(document(await decide('deny'))).toEqual([])
  expect(decided).toEqual([
    ['change-1', true],
    ['tool-1', false],
  ])
})

it('an error of the companion keeps its code and exits as the table says', async () => {
  await using companion = await startStandIn({
    'servers:test': () => {
      throw new WarderError('server.unknown', 'There is no server nope.', {
        details: { name: 'nope' },
        cause: new Error('never shown'),
      })
    },
  })
  const failed = await warder(['server', 'test', 'nope', '--json', '--home', companion.home])
  expect(failed.code).toBe(3)
  expect(document(failed)).toEqual({
    error: {
      code: 'server.unknown',
      message: 'There is no server nope.',
      details: { name: 'nope' },
    },
  })
})

it('takes a tool from a client, and gives it back where a person agrees', async () => {
  await using companion = await startStandIn({
    'servers:tools': () => [],
    'clients:trim': () => ({}),
  })
  const tools = (...args: string[]) =>
    warder(['client', 'tools', 'cursor', ...args, '--home', companion.home])
  await tools('--take', 'linear/a/b')
  await tools('--give', 'linear/find')
  expect((await tools('--take', 'linear')).code).toBe(2)
  expect((await tools('--take', 'linear/a', '--give', 'linear/a')).code).toBe(2)
  const trimmed = companion.calls.filter(({ channel }) => channel === 'clients:trim')
  expect(trimmed.map(({ input }) => input)).toEqual([
    { client: 'cursor', server: 'linear', tool: 'a/b', hide: true },
    { client: 'cursor', server: 'linear', tool: 'find', hide: false },
  ])
})
