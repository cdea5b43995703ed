import { describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import { type Choices, chosenAccount, pickGrant } from '../../main/oauth/account-choice.ts'
import { type Asker, NOBODY } from '../../main/oauth/asker.ts'
import { createRuleFolders } from '../../main/oauth/rule-folders.ts'
import { configSchema } from '../../main/store/config-schema.ts'
import { type Random, seededRandom } from '../bridge/random-json.ts'

const config = (parts: unknown): Choices => configSchema.parse(parts)
const as = (folder: string) => folder
const url = 'https://notes.example/mcp'

describe('the account that is used', () => {
  const choices = config({
    servers: { notes: { url, account: 'of-server' }, other: { url } },
    clients: {
      cursor: {
        accounts: { notes: 'of-client' },
        folders: [
          { folder: '/work', accounts: { notes: 'of-work', other: 'other-of-work' } },
          { folder: '/work/deep', accounts: { notes: 'of-deep' } },
        ],
      },
      desk: {},
    },
  })
  const chosen = (server: string, client: string | null, folder: string | null) =>
    chosenAccount(choices, server, { client, folder }, as)?.account ?? null

  it.each([
    ['the longest folder', 'notes', 'cursor', '/work/deep/er', 'of-deep'],
    ['the folder', 'notes', 'cursor', '/work/shallow', 'of-work'],
    [
      'a shorter folder, where the longest is silent',
      'other',
      'cursor',
      '/work/deep',
      'other-of-work',
    ],
    ['the client, elsewhere', 'notes', 'cursor', '/home', 'of-client'],
    ['the client, without a folder', 'notes', 'cursor', null, 'of-client'],
    ['the server', 'notes', 'desk', '/work', 'of-server'],
    ['the server, for the person', 'notes', null, '/work', 'of-server'],
    ['nobody', 'other', 'desk', '/work', null],
    ['nobody, for a name every object has', 'constructor', 'toString', '/work', null],
  ])('is what %s says', (_what, server, client, folder, expected) => {
    expect(chosen(server, client, folder)).toBe(expected)
  })

  it('looks only where rules name the server, once for each configuration and session folder', () => {
    const looked: string[] = []
    const folders = createRuleFolders((folder) => {
      looked.push(folder)
      return folder
    })
    const ask = (all: Choices, server: string, folder: string) =>
      chosenAccount(all, server, { client: 'cursor', folder }, folders(all, folder))?.account
    expect(ask(choices, 'other', '/work/deep')).toBe('other-of-work')
    expect(looked).toEqual(['/work'])
    for (const _ of [1, 2]) expect(ask(choices, 'notes', '/work/deep')).toBe('of-deep')
    expect(looked).toEqual(['/work', '/work/deep'])
    ask(choices, 'notes', '/elsewhere')
    ask({ ...choices }, 'other', '/work/deep')
    expect(looked.slice(2)).toEqual(['/work', '/work/deep', '/work'])
  })

  it('follows the links of a rule', () => {
    const real = (folder: string) => (folder === '/work/deep' ? '/elsewhere' : folder)
    const at = (folder: string) =>
      chosenAccount(choices, 'notes', { client: 'cursor', folder }, real)?.account
    expect([at('/elsewhere/x'), at('/work/deep')]).toEqual(['of-deep', 'of-work'])
  })
})

const states = ['connected', 'sign-in-needed', 'frozen', 'revoking'] as const
const names = ['ada', 'bob', 'work'] as const
const servers = ['notes', 'other'] as const
const folders = ['/', '/a', '/a/b', '/a/bc', '/a/b/c'] as const

function world(random: Random) {
  const some = <T>(values: readonly T[]): T | undefined =>
    random.below(3) === 0 ? undefined : random.pick(values)
  const accounts = () =>
    Object.fromEntries(
      servers.flatMap((server) => some(names.map((name) => [[server, name]])) ?? []),
    )
  const choices = config({
    servers: Object.fromEntries(servers.map((name) => [name, { url, account: some(names) }])),
    clients: {
      cursor: {
        accounts: accounts(),
        folders: folders
          .filter(() => random.below(2) === 0)
          .map((folder) => ({ folder, accounts: accounts() })),
      },
    },
  })
  const rows = servers.flatMap((server) =>
    names
      .filter(() => random.below(3) > 0)
      .map((account, index) => ({
        id: `${server}-${account}`,
        server,
        account,
        label: some([...names, null]) ?? null,
        state: random.pick(states),
        since: random.below(3) * 10 + index,
      })),
  )
  const asker: Asker = {
    client: some(['cursor', 'stranger']) ?? null,
    folder: some(folders) ?? null,
  }
  return { choices, rows, asker, server: random.pick(servers) }
}

/** What the documentation says, read slowly. */
function expected({ choices, rows, asker, server }: ReturnType<typeof world>): string {
  const live = rows.filter((row) => row.server === server && row.state !== 'revoking')
  const client = asker.client === 'cursor' ? choices.clients.cursor : undefined
  const path = (folder: string) => (folder.endsWith('/') ? folder : `${folder}/`)
  let name: string | undefined
  for (const rule of asker.folder === null ? [] : (client?.folders ?? []))
    if (path(asker.folder ?? '').startsWith(path(rule.folder)) && rule.accounts[server])
      // They are listed from the shortest to the longest, with one length each that can match.
      name = rule.accounts[server]
  const definition = choices.servers[server]
  name ??= client?.accounts?.[server]
  name ??= definition && 'account' in definition ? definition.account : undefined
  if (name === undefined) {
    const [first] = live.toSorted((a, b) => a.since - b.since || a.id.localeCompare(b.id))
    return first?.id ?? 'grant.sign_in_needed'
  }
  const answering = live.filter((row) => row.account === name || row.label === name)
  if (answering.length === 0) return 'grant.sign_in_needed'
  return answering.length > 1 ? 'grant.ambiguous' : (answering[0]?.id ?? '')
}

function actual({ choices, rows, asker, server }: ReturnType<typeof world>): string {
  try {
    return pickGrant(rows, server, asker, chosenAccount(choices, server, asker, as)).id
  } catch (error) {
    if (error instanceof WarderError) return error.code
    throw error
  }
}

describe('the choice', () => {
  it('is what the documentation says, whatever the accounts and their states', () => {
    const random = seededRandom(20_261_121)
    const seen = new Set<string>()
    for (let round = 0; round < 5_000; round++) {
      const one = world(random)
      const answer = actual(one)
      expect({ answer, one }).toEqual({ answer: expected(one), one })
      seen.add(answer)
    }
    // Every account and both refusals came up, or this has shown nothing.
    expect(seen.size).toBe(servers.length * names.length + 2)
  })

  it('names the account that is missing and what mends it, and falls back to nobody', () => {
    const choices = config({
      servers: { notes: { url, account: 'bob' } },
      clients: { cursor: { folders: [{ folder: '/work', accounts: { notes: 'ada' } }] } },
    })
    const row = { id: '1', server: 'notes', label: null, state: 'connected', since: 0 } as const
    const rows = [{ ...row, account: 'eve' }]
    const refused = (asker: Asker) => () =>
      pickGrant(rows, 'notes', asker, chosenAccount(choices, 'notes', asker, as))
    expect(refused({ client: 'cursor', folder: '/work/x' })).toThrow(
      /ada was chosen for cursor at notes in \/work, .*`warder connect notes --account ada`.*`warder accounts use notes\/ACCOUNT --client cursor --folder \/work`/,
    )
    expect(refused(NOBODY)).toThrow(
      /bob was chosen for notes, .*`warder accounts use notes\/ACCOUNT`/,
    )
  })
})
