import { mkdir } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import path from 'node:path'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { decodeJwt } from 'jose'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AccountView, StatusView } from '../../preload/contract/index.ts'
import { launchBrowser } from '../harness/chromium.ts'
import { accounts } from '../harness/identity-provider/types.ts'
import { startOidcProvider } from '../harness/oidc-provider/index.ts'
import { everythingStdio } from '../harness/stdio-servers.ts'
import { auditRows } from './support/audit.ts'
import { echo, refusalOf } from './support/calls.ts'
import { editConfig } from './support/config.ts'
import { addClient, CLIENT, openStage, REMOTE, type Stage } from './support/stage.ts'

/** Two people at one server: each client and folder gets the account that was chosen for it, and never another one's. */

const { alice, bob } = accounts

let chromium: Browser
beforeAll(async () => {
  chromium = await launchBrowser()
})
afterAll(() => chromium.close())

/** Whose token came to the MCP server, by its session: what the server itself sees. */
function subjects() {
  /** One for each request, as the list of the server has them. */
  const seen: { session: string | null; subject: string | null }[] = []
  return {
    seen,
    tap({ headers, url }: IncomingMessage) {
      if (url !== '/mcp') return
      const token = headers.authorization?.replace(/^(?:Bearer|DPoP) /i, '')
      const session = headers['mcp-session-id']?.toString() ?? null
      seen.push({ session, subject: token === undefined ? null : String(decodeJwt(token).sub) })
    },
    async of(client: Client, { remote }: Stage): Promise<string | null | undefined> {
      await echo(client)
      return seen[remote.seen.findLastIndex(({ rpcMethod }) => rpcMethod === 'tools/call')]?.subject
    },
    /** The subjects that each session was used with. */
    perSession(): (string | null)[][] {
      const sessions = new Map<string, Set<string | null>>()
      for (const { session, subject } of seen)
        if (session !== null)
          sessions.set(session, (sessions.get(session) ?? new Set()).add(subject))
      return [...sessions.values()].map((set) => [...set])
    },
  }
}

async function openTwo(tap: (request: IncomingMessage) => void) {
  // Hardly begun, a token is due for its renewal: calls and renewals mix.
  const provider = startOidcProvider({ accessTokenFormat: 'jwt', accessTokenTtl: 20 })
  const stage = await openStage({ chromium, provider, remote: { tap } })
  await addClient(stage.warder, 'editor')
  await stage.connect()
  await stage.connect({ email: bob })
  const work = path.join(stage.home, 'work')
  await mkdir(path.join(work, 'deep'), { recursive: true })
  return { stage, work }
}

const use = ({ warder }: Stage, account: string, ...where: string[]) =>
  warder.ok(['accounts', 'use', `${REMOTE}/${account}`, ...where, '--yes'])

it('gives each client and folder the token that was chosen for it, while they all work at once', async () => {
  const subject = subjects()
  const { stage, work } = await openTwo(subject.tap)
  await using _stage = stage
  const { warder } = stage
  await use(stage, bob, '--client', 'editor')
  await use(stage, bob, '--client', CLIENT, '--folder', work)

  const clients: [Client, string][] = [
    [await warder.client(CLIENT, REMOTE, stage.home), alice],
    [await warder.client(CLIENT, REMOTE, path.join(work, 'deep')), bob],
    [await warder.client('editor', REMOTE, stage.home), bob],
    [await warder.httpClient(stage.bearer, REMOTE), alice],
  ]
  for (const [client, expected] of clients) expect(await subject.of(client, stage)).toBe(expected)

  await Promise.all(clients.flatMap(([client]) => Array.from({ length: 8 }, () => echo(client))))
  for (const [client, expected] of clients) expect(await subject.of(client, stage)).toBe(expected)
  const perSession = subject.perSession()
  expect(perSession).toHaveLength(clients.length)
  for (const used of perSession) expect(used).toHaveLength(1)

  const rows = (await auditRows(warder)).filter(
    ({ target, phase }) => target === 'echo' && phase === 'outcome',
  )
  const editors = rows.filter(({ client }) => client === 'editor')
  expect(new Set(editors.map(({ account }) => account))).toEqual(new Set([`${REMOTE}/${bob}`]))
  const desks = rows.filter(({ client }) => client === CLIENT)
  expect(new Set(desks.map(({ account }) => account))).toEqual(
    new Set([`${REMOTE}/${alice}`, `${REMOTE}/${bob}`]),
  )
  const views = await warder.ok<AccountView[]>(['accounts'])
  expect(Object.fromEntries(views.map(({ account, usedBy }) => [account, usedBy]))).toEqual({
    [`${REMOTE}/${alice}`]: [{ client: null, folder: null }],
    [`${REMOTE}/${bob}`]: [
      { client: CLIENT, folder: work },
      { client: 'editor', folder: null },
    ],
  })
})

it('refuses, and uses nobody else, when the chosen account is revoked; the other one goes on', async () => {
  const subject = subjects()
  const { stage } = await openTwo(subject.tap)
  await using _stage = stage
  const { warder } = stage
  await use(stage, bob, '--client', 'editor')
  const desk = await warder.client(CLIENT, REMOTE)
  const editor = await warder.client('editor', REMOTE)
  expect([await subject.of(desk, stage), await subject.of(editor, stage)]).toEqual([alice, bob])

  await warder.ok(['revoke', `${REMOTE}/${bob}`])
  const before = subject.seen.length
  const refusal = await refusalOf(echo(editor))
  expect(refusal.code).toBe('grant.sign_in_needed')
  expect(refusal.message).toContain(bob)
  expect(refusal.message).toContain('warder accounts use')
  // The probe of the revocation may have shown the dead token once more; nobody showed the other's.
  expect(subject.seen.slice(before).filter((one) => one.subject === alice)).toEqual([])
  expect(await subject.of(desk, stage)).toBe(alice)
  const { choiceProblems } = await warder.ok<StatusView>(['status'])
  expect(choiceProblems).toEqual([expect.stringContaining(`${bob} was chosen for editor`)])

  await stage.connect({ email: bob })
  expect(await subject.of(editor, stage)).toBe(bob)
})

it('moves a session to another account only in a new session, and only when a person agreed', async () => {
  const subject = subjects()
  const { stage } = await openTwo(subject.tap)
  await using _stage = stage
  const { warder, home } = stage
  const desk = await warder.client(CLIENT, REMOTE)
  expect(await subject.of(desk, stage)).toBe(alice)

  await editConfig(home, (config) => {
    config.clients = { ...config.clients, [CLIENT]: { accounts: { [REMOTE]: bob } } }
  })
  expect(await subject.of(desk, stage)).toBe(alice)
  const [held] = await warder.ok<{ id: string; kind: string }[]>(['approvals'])
  expect(held?.kind).toBe('accounts')
  await warder.ok(['approvals', 'approve', held?.id ?? '', '--yes'])
  expect(await subject.of(desk, stage)).toBe(bob)
  for (const used of subject.perSession()) expect(used).toHaveLength(1)

  const refused = await warder.run(['accounts', 'unuse', REMOTE, '--client', CLIENT])
  expect(refused.json).toMatchObject({ error: { code: 'presence.required' } })
  await warder.ok(['accounts', 'unuse', REMOTE, '--client', CLIENT, '--yes'])
  expect(await subject.of(desk, stage)).toBe(alice)
})

it('starts a local server with the token that was chosen for the client', async () => {
  const { stage } = await openTwo(() => {})
  await using _stage = stage
  const { warder } = stage
  const { command, args } = everythingStdio
  const env = ['--env', `TOKEN=grant:${REMOTE}`]
  await warder.ok(['server', 'add', 'tools', '--approve', ...env, '--', command, ...args])
  await use(stage, bob, '--client', 'editor')
  for (const [name, expected] of [
    [CLIENT, alice],
    ['editor', bob],
  ] as const) {
    await echo(await warder.client(name, 'tools'))
    const [row] = (await auditRows(warder)).filter(({ target }) => target === 'echo')
    expect(row).toMatchObject({ client: name, account: `${REMOTE}/${expected}`, outcome: 'ok' })
  }
})
