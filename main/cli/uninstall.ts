import { toWarderError } from '../errors.ts'
import { wiringClient } from '../wiring/clients/index.ts'
import type { WiringRecord } from '../wiring/ledger.ts'
import type { Wiring } from '../wiring/wiring.ts'
import { type Context, examples, type Verb } from './context.ts'
import { failureOf } from './failure.ts'
import type { Line } from './output.ts'
import { withPresence } from './presence.ts'
import { takeOut, wiringOf } from './wire.ts'

export const addUninstall: Verb = (program, action) => {
  program
    .command('uninstall')
    .option('--dry-run', 'show what would be put back, and change nothing')
    .summary('put the configuration of every client back as it was')
    .description(
      'Takes Warder out of every file that it wrote into, as `warder unwire` does and `warder doctor --undo`, and deletes the copies that it kept of them. Grants and secrets stay: end them before with `warder revoke --all`.',
    )
    .addHelpText('after', examples('warder uninstall --dry-run', 'warder uninstall'))
    .action(action(uninstall))
}

interface PutBack {
  readonly client: string
  readonly file: string
  readonly done: boolean
  readonly notes: readonly string[]
  readonly error: { readonly code: string; readonly message: string } | null
}

async function uninstall(
  context: Context,
  { dryRun = false }: { dryRun?: boolean },
): Promise<void> {
  const wiring = wiringOf(context)
  const adopted = dryRun ? { files: [], note: null } : await putBackAdopted(context, wiring)
  const files: PutBack[] = []
  for (const record of wiring.ledger.records())
    files.push(await putBack(context, wiring, record, dryRun))
  const failed = files.some(({ error }) => error !== null)
  // What could not be put back needs its copy still.
  if (!dryRun && !failed) wiring.ledger.removeAll()
  if (failed) process.exitCode = 1
  context.output.result({ files, adopted: adopted.files, note: adopted.note, dryRun }, () => [
    ...adopted.files.map((file) => `${file} has the servers again that Warder had taken over`),
    ...(adopted.note === null ? [] : [adopted.note]),
    ...(files.length === 0 ? ['Warder is in no configuration of a client.'] : files.map(line)),
    ...(dryRun || failed ? [] : [`What is left of Warder is in ${context.home}.`]),
  ])
}

/** Servers that `warder doctor --fix` moved, the last first; with them their credentials leave the vault, so a person is asked. */
async function putBackAdopted(
  context: Context,
  { ledger }: Wiring,
): Promise<{ readonly files: readonly string[]; readonly note: string | null }> {
  const files: string[] = []
  for (;;)
    try {
      const undone = await withPresence(context, (confirm) =>
        context.control.call('adoptions:undo', confirm),
      )
      files.push(...undone.files)
    } catch (error) {
      const { code } = failureOf(error).view
      if (code === 'adoption.none') return { files, note: null }
      if (code !== 'companion.unreachable') throw error
      const maybe = ledger.records().some(({ undo }) => undo.way === 'entry')
      const note =
        'Warder does not run: servers that `warder doctor --fix` moved are not put back. Start it, and run `warder doctor --undo`.'
      return { files, note: maybe ? note : null }
    }
}

async function putBack(
  context: Context,
  wiring: Wiring,
  { client, scope, file }: WiringRecord,
  dryRun: boolean,
): Promise<PutBack> {
  try {
    const plan = wiring.planUnwire(wiringClient(client), scope, file)
    if (!dryRun) await takeOut(context, wiring, plan)
    return { client, file, done: !dryRun, notes: plan.notes, error: null }
  } catch (error) {
    const { code, message } = toWarderError(error)
    return { client, file, done: false, notes: [], error: { code, message } }
  }
}

function line({ client, file, done, notes, error }: PutBack): Line {
  if (error !== null)
    return [{ text: `${client}: NOT put back`, style: 'red' }, `: ${error.message}`]
  const how = notes.length === 0 ? 'byte for byte' : notes.join(' ')
  return `${client}: ${file} ${done ? 'is' : 'would be'} put back: ${how}`
}
