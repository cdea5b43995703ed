import { Option } from 'commander'
import { WarderError } from '../errors.ts'
import { wiringClient, wiringClients } from '../wiring/clients/index.ts'
import { type WiredPlace, wiredPlaces } from '../wiring/drift.ts'
import { findClients, isRunning } from '../wiring/find-clients.ts'
import { nextSteps } from '../wiring/next.ts'
import { OWN_NAME, type WiringPlan } from '../wiring/plan.ts'
import { surroundings } from '../wiring/surroundings.ts'
import type { ClientFile, Scope } from '../wiring/types.ts'
import { openWiring, type Wiring } from '../wiring/wiring.ts'
import { type Admission, admissionOf, agree, letIn, letOut } from './admit.ts'
import { type Context, examples, type Verb } from './context.ts'
import { failureOf } from './failure.ts'
import { type Line, type Segment, table } from './output.ts'

interface WireOptions {
  readonly scope: Scope
  readonly dryRun?: boolean
  readonly link?: boolean
}

const scopeOption = () =>
  new Option('--scope <scope>', 'for every project, or for the one in this folder')
    .choices(['user', 'project'])
    .default('user')

export const addWire: Verb = (program, action) => {
  program
    .command('wire')
    .argument('[client]', `one of ${wiringClients.map(({ id }) => id).join(', ')}`)
    .addOption(scopeOption())
    .option('--dry-run', 'show what would be changed, and change nothing')
    .option('--link', 'write no file: show a link or command by which the client adds Warder')
    .summary('write Warder into the configuration of a client')
    .description(
      'Shows what would be changed in the configuration of a client, asks, keeps a copy and writes one entry, which starts Warder. Without a client it lists all of them. A client that is new is let in; while no companion runs, at its next start.',
    )
    .addHelpText(
      'after',
      examples('warder wire', 'warder wire cursor', 'warder wire claude-code --dry-run'),
    )
    .action(
      action((context, name: string | undefined, options: WireOptions) =>
        name === undefined ? listClients(context) : wire(context, name, options),
      ),
    )
}

export const addUnwire: Verb = (program, action) => {
  program
    .command('unwire')
    .argument('<client>')
    .addOption(scopeOption())
    .option('--dry-run', 'show what would be changed, and change nothing')
    .summary('put the configuration of a client back as it was')
    .description(
      'Puts the configuration back byte for byte where nobody else wrote into it since, else takes out the entry of Warder alone. A client that came in by `warder wire` is shut out again.',
    )
    .addHelpText('after', examples('warder unwire cursor', 'warder unwire zed --dry-run'))
    .action(action(unwire))
}

async function wire(context: Context, name: string, options: WireOptions): Promise<void> {
  const client = wiringClient(name)
  if (options.link && (options.dryRun || options.scope === 'project'))
    throw new WarderError(
      'usage.invalid',
      '--link goes without --dry-run and --scope: it lets the client in, for every project.',
    )
  const wiring = wiringOf(context)
  if (options.link) return showLink(context, wiring, name)
  const plan = wiring.planWire(client, options.scope)
  if (options.dryRun) return context.output.result({ ...view(plan), done: false }, planLines)
  const admission = await admissionOf(context, wiring.ledger, client.id)
  if (plan.changes || admission.state === 'unknown')
    await agree(context, `Wire ${client.title}`, [
      ...planLines(view(plan)),
      ...admissionLines(name, admission),
    ])
  const added = await letIn(context, wiring.ledger, client.id, admission)
  try {
    wiring.apply(plan, added)
  } catch (error) {
    if (added) await letOut(context, wiring.ledger, client.id)
    throw error
  }
  const admitted = admittedBy(admission)
  context.output.result({ ...view(plan), done: true, admitted }, () => [
    plan.changes
      ? `${client.title} is wired: ${plan.before.file}`
      : `${client.title} was wired already: ${plan.before.file}`,
    ...plan.notes,
    ...admittedLines[admitted](client.id),
    nextOf(plan),
  ])
}

async function unwire(context: Context, name: string, options: WireOptions): Promise<void> {
  const client = wiringClient(name)
  const wiring = wiringOf(context)
  const plan = wiring.planUnwire(client, options.scope)
  if (options.dryRun) return context.output.result({ ...view(plan), done: false }, planLines)
  const problems = await takeOut(context, wiring, plan)
  if (problems.length > 0) process.exitCode = 1
  const notes = [...plan.notes, ...problems]
  context.output.result({ ...view(plan), notes, done: true }, () => [
    plan.notes.length === 0
      ? `${client.title} is as it was, byte for byte: ${plan.before.file}`
      : `${client.title} no longer starts Warder: ${plan.before.file}`,
    ...notes,
    nextOf(plan),
  ])
}

/**
 * The file first: a client that is shut out and still configured only shows errors.
 *
 * @returns what could not be done after that, in sentences
 * @throws WarderError `wiring.*`, `store.unwritable`; the file is as it was
 */
export async function takeOut(
  context: Context,
  wiring: Wiring,
  { client, scope, before, ...plan }: WiringPlan,
): Promise<string[]> {
  const { ledger } = wiring
  const record = ledger.find({ client: client.id, scope, file: before.file })
  wiring.apply({ client, scope, before, ...plan })
  if (record?.letIn !== true) return []
  const other = ledger.records().find((one) => one.client === client.id)
  try {
    // Whoever stays wired goes on needing to be let in, and takes that over.
    if (other === undefined) await letOut(context, ledger, client.id)
    else ledger.keep({ ...other, letIn: true })
    return []
  } catch (error) {
    const { message } = failureOf(error).view
    return [
      `${client.id} may still come in: ${message} To shut it out: warder client remove ${client.id}`,
    ]
  }
}

async function showLink(context: Context, wiring: Wiring, name: string): Promise<void> {
  const client = wiringClient(name)
  if (client.link === null && client.ownCommand === null)
    throw new WarderError(
      'usage.invalid',
      `${client.title} has no link and no command that adds a server.`,
    )
  const admission = await admissionOf(context, wiring.ledger, client.id)
  if (admission.state === 'unknown')
    await agree(context, `Let ${client.title} in`, admissionLines(name, admission))
  wiring.launcher.refresh()
  await letIn(context, wiring.ledger, client.id, admission)
  const shim = wiring.launcher.command(client.id)
  const link = client.link?.(OWN_NAME, client.entry(shim)) ?? null
  const command = client.ownCommand?.(OWN_NAME, shim) ?? null
  const admitted = admittedBy(admission)
  context.output.result({ client: client.id, link, command, admitted }, () => [
    ...(link === null
      ? []
      : [link, `Open it on this machine; ${client.title} asks before it adds Warder.`]),
    ...(link !== null && command !== null ? ['Or run its own command:'] : []),
    ...(command === null ? [] : [command.map(shellWord).join(' ')]),
    ...admittedLines[admitted](client.id),
    nextOf({ client, action: 'wire', scope: 'user' }),
  ])
}

/** Plain words stay as they are; the rest is quoted for a POSIX shell. */
const shellWord = (word: string) =>
  /^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

async function listClients(context: Context): Promise<void> {
  const wiring = wiringOf(context)
  const places = wiredPlaces(wiring)
  const clients = findClients(wiring.where).map(({ client, installed, running, files }) => ({
    client: client.id,
    title: client.title,
    installed,
    running,
    files: files.map(({ scope, file, state, problem, servers }) => ({
      ...{ scope, file, state, problem },
      servers: servers.map(({ name, transport, ours }) => ({ name, transport, ours })),
      wired:
        places.find(({ record }) => record.client === client.id && record.file === file)?.state ??
        null,
    })),
  }))
  context.output.result(clients, () =>
    table(
      ['CLIENT', 'INSTALLED', 'SERVERS', 'WIRED', 'FILE'],
      clients.flatMap(({ client, installed, files }) =>
        files
          .filter(({ scope, state, wired }) => scope === 'user' || state !== 'absent' || wired)
          .map(({ file, state, servers, wired }) => [
            client,
            installed ? 'yes' : 'no',
            String(servers.length),
            wiredCell(wired, state),
            file,
          ]),
      ),
    ),
  )
}

function wiredCell(wired: WiredPlace['state'] | null, file: ClientFile['state']): Segment {
  if (wired === 'wired') return { text: wired, style: 'green' }
  const text = wired ?? (file === 'broken' || file === 'unusable' ? file : null)
  return text === null ? '-' : { text, style: 'yellow' }
}

export const wiringOf = ({ home }: Context): Wiring =>
  openWiring({ home, where: surroundings(process.env, process.cwd()), clock: Date.now })

const nextOf = (plan: Pick<WiringPlan, 'client' | 'action' | 'scope'>) =>
  nextSteps(plan.client, plan, isRunning(plan.client))

function view(plan: WiringPlan) {
  const { action, client, scope, before, changes, diff, entry, notes } = plan
  return {
    ...{ action, client: client.id, scope, file: before.file, changes },
    diff: diff.join('\n'),
    ...{ entry, notes, next: nextOf(plan) },
  }
}

function planLines({ diff, changes, notes, file }: ReturnType<typeof view>): Line[] {
  const shown = diff
    .replaceAll('\t', '    ')
    .split('\n')
    .map((line): Line => {
      if (/^\+(?!\+\+)/.test(line)) return [{ text: line, style: 'green' }]
      return /^-(?!--)/.test(line) ? [{ text: line, style: 'red' }] : line
    })
  return [
    ...(changes ? shown : [`${file} stays as it is.`]),
    ...(diff.includes('…') ? ['… stands for what belongs to others. It stays as it is.'] : []),
    ...notes,
  ]
}

function admissionLines(name: string, { state, companion }: Admission): Line[] {
  if (state === 'in' || state === 'pending') return []
  if (state === 'held') return [`${name} waits for your word: warder approvals`]
  return [
    `${name} is let in${companion ? '' : ' when Warder starts'}: it gets a socket of its own`,
    `${name} may then call every tool of every server, until you narrow the rules in config.json`,
  ]
}

type Admitted = 'already' | 'now' | 'at-next-start' | 'waits'

function admittedBy({ state, companion }: Admission): Admitted {
  if (state === 'in') return 'already'
  if (state === 'held') return 'waits'
  if (state === 'pending') return 'at-next-start'
  return companion ? 'now' : 'at-next-start'
}

const admittedLines: Readonly<Record<Admitted, (name: string) => Line[]>> = {
  already: () => [],
  now: () => [],
  'at-next-start': (name) => [`${name} is let in when Warder starts: warder serve`],
  waits: (name) => [`${name} waits for your word: warder approvals`],
}
