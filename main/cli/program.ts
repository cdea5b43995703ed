import { Command, CommanderError } from 'commander'
import { WarderError } from '../errors.ts'
import { homeDirectory } from '../store/home.ts'
import { version } from '../version.ts'
import { addAccounts } from './accounts.ts'
import { addApprovals } from './approvals.ts'
import { addAudit } from './audit.ts'
import { addCimd } from './cimd.ts'
import { addClient } from './client.ts'
import { addClientTools } from './client-tools.ts'
import { addConnect } from './connect.ts'
import { type Action, type Context, examples, type Verb } from './context.ts'
import { createControlClient } from './control-client.ts'
import { addDoctor } from './doctor.ts'
import { addErrors } from './errors.ts'
import { failureOf, report } from './failure.ts'
import { addHelp } from './help.ts'
import { addHolds } from './hold.ts'
import { addImport } from './import.ts'
import { addMcp } from './mcp.ts'
import { createOutput, type Output } from './output.ts'
import { addReceipts } from './receipts.ts'
import { addRevoke } from './revoke.ts'
import { addSecret } from './secret.ts'
import { addServer } from './server.ts'
import { addServerLook } from './server-look.ts'
import { addServerTools } from './server-tools.ts'
import { addServerUpdate } from './server-update.ts'
import { addSetup } from './setup.ts'
import { addStatus } from './status.ts'
import { addResume } from './stop.ts'
import { addUi } from './ui.ts'
import { addUninstall } from './uninstall.ts'
import { addWhy } from './why.ts'
import { addUnwire, addWire } from './wire.ts'

/** In the order a person meets them; `serve` comes first, and is another one in the installed command line. */
const verbs: readonly Verb[] = [
  addStatus,
  addUi,
  addServer,
  addServerTools,
  addServerUpdate,
  addServerLook,
  addSecret,
  addConnect,
  addAccounts,
  addWhy,
  addRevoke,
  addReceipts,
  addHolds,
  addResume,
  addDoctor,
  addImport,
  addWire,
  addUnwire,
  addClient,
  addClientTools,
  addApprovals,
  addAudit,
  addSetup,
  addCimd,
  addUninstall,
  addErrors,
  addMcp,
  addHelp,
]

/**
 * Runs one command to its end and leaves its exit code in `process.exitCode`.
 *
 * @param argv the arguments after `warder`
 */
export async function run(argv: readonly string[], addServe: Verb): Promise<void> {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1)
  })
  const { stdout, stderr, env } = process
  const output = createOutput({ json: wantsJson(argv), stdout, stderr, env })
  let help = ''
  const program = createProgram(argv, output, addServe, (text) => {
    help += text
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (!isHelp(error)) fail(error, output)
  }
  if (help !== '') output.result({ text: help.trimEnd() }, ({ text }) => text.split('\n'))
}

function fail(error: unknown, output: Output): void {
  const failure = failureOf(error)
  process.exitCode = failure.exitCode
  // No verb was given: a person has been shown the help instead.
  if (isHelpInstead(error) && !output.json) return
  report(output, failure)
}

/**
 * The whole command line, without running it.
 *
 * @param help is handed the text of a help page or the version, in pieces
 */
export function createProgram(
  argv: readonly string[],
  output: Output,
  addServe: Verb,
  help: (text: string) => void,
): Command {
  const program = new Command('warder')
    .description('Your agents get the tools. Warder keeps the keys.')
    .usage('[options] VERB')
    .option('--home <dir>', 'the home of the companion (else WARDER_HOME, else one per user)')
    .option('--json', 'answer with one JSON document on standard output')
    .option('--yes', 'agree to what a person would be asked, for scripts that have read it')
    .version(version, '--version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples('warder serve', 'warder help server add', 'warder status --json'),
    )
    .exitOverride()
    .configureHelp({ helpWidth: 100, showGlobalOptions: true })
    .configureOutput({
      // Errors are told once, by `report`, in the form that was asked for.
      outputError: () => undefined,
      writeErr: (text) => {
        if (!output.json) output.note(...text.trimEnd().split('\n'))
      },
      writeOut: help,
    })
  const action: Action =
    (verb) =>
    async (...input) =>
      verb(contextOf(program.opts(), argv, output), ...input)
  for (const add of [addServe, ...verbs]) add(program, action)
  for (const verb of program.commands) if (verb.commands.length > 0) refuseUnknownVerb(verb)
  return program
}

/** A slip such as `server lst` would else reach `server list` as an argument too many. */
function refuseUnknownVerb(group: Command): void {
  group.hook('preSubcommand', () => {
    const [name] = group.args
    if (name === undefined || name.startsWith('-')) return
    if (group.commands.some((verb) => verb.name() === name)) return
    const known = group.commands.map((verb) => verb.name()).join(', ')
    throw new WarderError(
      'usage.invalid',
      `There is no verb ${group.name()} ${name}. There are: ${known}.`,
    )
  })
}

function contextOf(
  options: { home?: string; yes?: boolean },
  argv: readonly string[],
  output: Output,
): Context {
  // `--home --json` would else be a directory of that name.
  if (options.home === '' || options.home?.startsWith('-'))
    throw new WarderError('usage.invalid', '--home needs a directory.')
  const home = homeDirectory({ flag: options.home, env: process.env })
  return { home, yes: options.yes === true, output, control: createControlClient(home), argv }
}

/** Read before anything is parsed, because what cannot be parsed has to be reported in that form too. */
function wantsJson(argv: readonly string[]): boolean {
  const dashes = argv.indexOf('--')
  return argv.slice(0, dashes === -1 ? undefined : dashes).includes('--json')
}

const isHelp = (error: unknown) => error instanceof CommanderError && error.exitCode === 0

const isHelpInstead = (error: unknown) =>
  error instanceof CommanderError && error.code === 'commander.help'
