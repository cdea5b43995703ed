import type { AccountView, ImportView, ShreddedView } from '../../preload/contract/index.ts'
import { type Context, examples, type Verb } from './context.ts'
import { type Line, localTime } from './output.ts'
import { withPresence } from './presence.ts'
import { receiptLines } from './receipt-lines.ts'

export const addImport: Verb = (program, action) => {
  const group = program
    .command('import')
    .summary('tokens that other programs keep in plain files: list, adopt, revoke, shred')
    .description(
      'Finds the tokens that other programs (mcp-remote, Claude Code, Gemini CLI, opencode, Copilot CLI) keep in plain files of yours, and takes them over or ends them.',
    )
    .addHelpText('after', examples('warder import', 'warder help import adopt'))

  group
    .command('list', { isDefault: true })
    .summary('what lies where, never a token')
    .description('Lists the token files of other programs. Tokens are never shown.')
    .addHelpText('after', examples('warder import list', 'warder import --json'))
    .action(
      action(async ({ control, output }) => {
        output.result(await control.call('imports:list', {}), importLines)
      }),
    )

  group
    .command('adopt')
    .argument('<id>', 'from `warder import`')
    .requiredOption('--server <name>', 'the server that it is of, from `warder server list`')
    .option('--account <label>', 'what to call the account, where the provider does not say')
    .option('--shred', 'shred the file afterwards')
    .summary('take a token over into the vault')
    .description(
      'Renews the token once at the provider that it came from, and keeps what comes in the vault. Where the provider replaces refresh tokens, the other program is signed out by that.',
    )
    .addHelpText('after', examples('warder import adopt 3f2a91c07d54 --server linear --shred'))
    .action(action(adopt))

  group
    .command('revoke')
    .argument('<id>', 'from `warder import`')
    .option('--server <name>', 'the server that it is of, where the file does not say')
    .option('--shred', 'shred the file afterwards')
    .summary('end a token at its provider, with a receipt')
    .description('Revokes the token at the provider that it came from, and checks.')
    .addHelpText('after', examples('warder import revoke 3f2a91c07d54 --shred'))
    .action(action(revoke))

  group
    .command('shred')
    .argument('<id>', 'from `warder import`')
    .summary('overwrite and delete a token file')
    .description(
      'Overwrites the token and takes it out of its file, or deletes the file. That ends nothing at the provider: adopt or revoke it first.',
    )
    .addHelpText('after', examples('warder import shred 3f2a91c07d54'))
    .action(
      action(async ({ control, output }, id: string) => {
        output.result(await control.call('imports:shred', { id }), shreddedLines)
      }),
    )
}

async function adopt(
  context: Context,
  id: string,
  options: { server: string; account?: string; shred?: boolean },
): Promise<void> {
  const { server, account, shred = false } = options
  const adopted = await withPresence(context, (confirm) =>
    context.control.call('imports:adopt', {
      ...{ id, server, shred },
      ...(account === undefined ? {} : { account }),
      ...confirm,
    }),
  )
  context.output.result(adopted, ({ account, rotated, shredded }) => [
    adoptedLine(account),
    ...(shredded === null ? [leftLine(id, rotated)] : shreddedLines(shredded)),
  ])
  failWhereNotShredded(adopted)
}

async function revoke(
  context: Context,
  id: string,
  { server, shred = false }: { server?: string; shred?: boolean },
): Promise<void> {
  const revoked = await withPresence(context, (confirm) =>
    context.control.call('imports:revoke', {
      ...{ id, shred },
      ...(server === undefined ? {} : { server }),
      ...confirm,
    }),
  )
  context.output.result(revoked, ({ receipts, shredded }) => [
    ...receiptLines(receipts),
    ...(shredded === null
      ? [`Its file is still there: warder import shred ${id}`]
      : shreddedLines(shredded)),
  ])
  failWhereNotShredded(revoked)
}

const adoptedLine = ({ account, scopes }: AccountView) =>
  `Adopted as ${account}${scopes.length === 0 ? '' : `, with ${scopes.join(', ')}`}.`

const leftLine = (id: string, rotated: boolean): Line =>
  rotated
    ? `The provider replaced the token, so the other program is signed out. Shred its file: warder import shred ${id}`
    : [
        {
          text: 'The provider did not replace the token: the copy in the file is as good as yours.',
          style: 'yellow',
        },
        ` Shred it: warder import shred ${id}`,
      ]

function shreddedLines({ files, problem }: ShreddedView): Line[] {
  if (problem !== null) return [[{ text: 'NOT shredded', style: 'red' }, `: ${problem}`]]
  return [
    ...files.map((file) => `Shredded: ${file}`),
    'What a journal, a snapshot, a backup or the disk itself copied of it before is out of reach: only a token that is revoked or replaced is dead there too.',
  ]
}

function failWhereNotShredded({ shredded }: { shredded: ShreddedView | null }): void {
  if (shredded !== null && shredded.problem !== null) process.exitCode = 1
}

function importLines(found: readonly ImportView[]): Line[] {
  if (found.length === 0) return ['No other program keeps a token in a plain file that is known.']
  return found.flatMap((one) => [
    [{ text: one.id, style: 'bold' }, ` ${one.program}, ${whoseServer(one)}`] satisfies Line,
    `  ${one.file}, written ${localTime(one.writtenAt)}`,
    `  from ${one.issuer ?? 'a provider that the file does not name'}${
      one.scopes.length === 0 ? '' : `, for ${one.scopes.join(' ')}`
    }`,
    stateLine(one),
  ])
}

const whoseServer = ({ server, serverName, serverUrl }: ImportView) =>
  server !== null
    ? `of ${server}`
    : (serverUrl ?? serverName ?? 'of a server that the file does not name')

function stateLine(one: ImportView): Line {
  const { adoptedAs, live, renewable, readableByOthers, expiresAt, id, server } = one
  if (adoptedAs !== null) return `  adopted as ${adoptedAs}: warder import shred ${id}`
  const kind = renewable
    ? 'a refresh token'
    : `an access token, ${live ? `until ${localTime(expiresAt)}` : 'which is over'}`
  const others = readableByOthers ? [{ text: ', readable by others', style: 'red' as const }] : []
  const next = live ? `adopt ${id} --server ${server ?? 'NAME'}` : `shred ${id}`
  return [`  ${kind}`, ...others, `: warder import ${next}`]
}
