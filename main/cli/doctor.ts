import type { FindingView, Output } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { type Diagnosis, diagnose, worstFirst } from '../wiring/doctor/diagnose.ts'
import { surroundings } from '../wiring/surroundings.ts'
import { type Context, examples, type Verb } from './context.ts'
import { failureOf } from './failure.ts'
import type { Line } from './output.ts'
import { withPresence } from './presence.ts'

interface DoctorOptions {
  readonly fix?: boolean
  readonly dryRun?: boolean
  readonly undo?: boolean
  readonly duplicates?: boolean
}

export const addDoctor: Verb = (program, action) => {
  program
    .command('doctor')
    .option(
      '--fix',
      'move servers with a credential in clear text into Warder, wire their clients, and take rights to such files from others',
    )
    .option('--dry-run', 'with --fix: show what would be moved, and change nothing')
    .option(
      '--duplicates',
      'with --fix: move servers that several clients have alike as well, once',
    )
    .option('--undo', 'put back what the last --fix did')
    .summary('what is wrong with the MCP clients and servers of this machine')
    .description(
      'Looks at every MCP client, its servers and what they keep: credentials in clear text, token files, servers that cannot start, files and ports that are open to others. Changes nothing, and needs no companion. Exits with 1 where something was found. With --fix, servers move into Warder and their credentials into the vault, all or none, and --undo puts everything back.',
    )
    .addHelpText(
      'after',
      examples(
        'warder doctor',
        'warder doctor --json',
        'warder doctor --fix --dry-run',
        'warder doctor --undo',
      ),
    )
    .action(action(run))
}

async function run(context: Context, options: DoctorOptions): Promise<void> {
  const { fix, dryRun = false, undo, duplicates = false } = options
  if ((fix && undo) || ((dryRun || duplicates) && !fix))
    throw new WarderError(
      'usage.invalid',
      '--dry-run and --duplicates go with --fix, and --undo goes alone.',
    )
  if (fix) await adopt(context, { dryRun, duplicates })
  else if (undo) await putBack(context)
  else await look(context)
}

async function look(context: Context): Promise<void> {
  const { home, output } = context
  const seen = await diagnose(surroundings(process.env, process.cwd()), { home })
  const findings = worstFirst([...seen.findings, ...(await vaultValues(context))])
  const diagnosis = { ...seen, findings }
  output.result({ findings: diagnosis.findings }, () => lines(diagnosis))
  if (diagnosis.findings.length > 0) process.exitCode = 1
}

/** Only a companion knows what its vault holds; everything else is seen without one. */
async function vaultValues({ control, output }: Context): Promise<Output<'doctor:vault'>> {
  try {
    return await control.call('doctor:vault', { folder: process.cwd() })
  } catch (error) {
    const { code } = failureOf(error).view
    output.note(
      code === 'companion.unreachable'
        ? 'Warder does not run, so nobody looked for values of its vault in these files.'
        : `The vault could not be read (${code}), so nobody looked for its values in these files.`,
    )
    return []
  }
}

async function adopt(
  context: Context,
  options: { readonly dryRun: boolean; readonly duplicates: boolean },
): Promise<void> {
  const adopted = await withPresence(context, (confirm) =>
    context.control.call('adoptions:adopt', { ...options, folder: process.cwd(), ...confirm }),
  )
  context.output.result(adopted, adoptedLines)
}

function adoptedLines({
  done,
  servers,
  files,
  clients,
  envFiles,
  rights,
  left,
}: Output<'adoptions:adopt'>): Line[] {
  const moved = servers.flatMap(({ name, from, secrets }): Line[] => [
    [{ text: name, style: 'bold' }, `  from ${from.map(({ client }) => client).join(', ')}`],
    ...secrets.map((secret) => `  secret:${secret}`),
  ])
  return [
    servers.length === 0
      ? 'There is no server to move.'
      : done
        ? 'Moved into Warder:'
        : 'Would be moved into Warder:',
    ...moved,
    ...files.map((file) => `${done ? 'changed' : 'would change'}: ${file}`),
    ...(clients.length === 0
      ? []
      : [`${done ? 'let in' : 'would be let in'}: ${clients.join(', ')}`]),
    ...rights.map(
      ({ file, was, now }) => `${done ? 'rights' : 'rights would be'}: ${file} ${now} for ${was}`,
    ),
    ...envFiles.map(
      (file): Line => [
        { text: 'still in the clear: ', style: 'yellow' },
        `${file}, as far as nothing else reads it delete it`,
      ],
    ),
    ...left.map(
      ({ client, name, code, problem }): Line => [
        { text: `${name} of ${client} stays: `, style: 'yellow' },
        problem,
        { text: ` (${code})`, style: 'dim' },
      ],
    ),
    ...(done && servers.length > 0
      ? [
          'Start the clients anew. The credentials lay in clear text: make new ones where they were issued.',
        ]
      : []),
    ...(done ? ['To put everything back: warder doctor --undo'] : []),
  ]
}

async function putBack(context: Context): Promise<void> {
  const undone = await withPresence(context, (confirm) =>
    context.control.call('adoptions:undo', { ...confirm }),
  )
  context.output.result(undone, ({ files, servers, kept }) => [
    ...files.map((file) => `put back: ${file}`),
    ...servers.map((name) => `removed from Warder: ${name}`),
    ...kept.map((name) => `${name} was changed since, and stays: warder server remove ${name}`),
  ])
}

function lines({ clients, findings }: Seen): Line[] {
  const installed = clients.filter(({ installed }) => installed)
  const known = installed.map(({ client, files }) => {
    const servers = files.flatMap((file) => file.servers)
    const ours = servers.filter((server) => server.ours).length
    return `  ${client.title}: ${count(servers.length - ours)}${ours > 0 ? ', and Warder' : ''}`
  })
  return [
    installed.length === 0 ? 'No MCP client was found.' : 'Clients:',
    ...known,
    '',
    ...(findings.length === 0 ? ['Nothing is wrong.'] : findings.flatMap(findingLines)),
  ]
}

interface Seen extends Pick<Diagnosis, 'clients'> {
  readonly findings: readonly FindingView[]
}

const count = (servers: number) => (servers === 1 ? '1 server' : `${servers} servers`)

function findingLines({
  code,
  severity,
  client,
  file,
  server,
  where,
  message,
  mend,
}: FindingView): Line[] {
  const style = ({ high: 'red', medium: 'yellow', low: 'dim' } as const)[severity]
  const place = [server, where].filter((part) => part !== null).join(', ')
  return [
    [{ text: severity, style }, ` ${message}`],
    `  ${[client, place].filter((part) => part !== null && part !== '').join(': ')}`,
    ...(file === null ? [] : [`  ${file}`]),
    `  ${mend}`,
    [{ text: `  (${code})`, style: 'dim' }],
    '',
  ]
}
