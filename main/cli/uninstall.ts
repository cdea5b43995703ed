import { toWarderError } from '../errors.ts'
import { wiringClient } from '../wiring/clients/index.ts'
import type { Ledger, Place } from '../wiring/ledger.ts'
import { unrecordedPlaces } from '../wiring/unrecorded.ts'
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
      'Takes Warder out of every file of a client that it wrote into, or that one of its links changed, as `warder unwire` does and `warder doctor --undo`, and deletes the copies that it kept of them. Grants and secrets stay: end them before with `warder revoke --all`.',
    )
    .addHelpText('after', examples('warder uninstall --dry-run', 'warder uninstall'))
    .action(action(uninstall))
}

interface PutBack {
  readonly client: string
  readonly file: string
  readonly done: boolean
  readonly notes: readonly string[]
  /** What was not done beside the file, in sentences. */
  readonly problems: readonly string[]
  readonly error: { readonly code: string; readonly message: string } | null
}

interface PutBackAdopted {
  readonly files: readonly string[]
  /** What is to be said of it; null where all went well. */
  readonly note: string | null
  readonly failed: boolean
}

async function uninstall(
  context: Context,
  { dryRun = false }: { dryRun?: boolean },
): Promise<void> {
  const wiring = wiringOf(context)
  const adopted = dryRun ? wouldPutBack(wiring) : await putBackAdopted(context, wiring)
  const files: PutBack[] = []
  for (const place of [...wiring.ledger.records(), ...unrecordedPlaces(wiring)])
    files.push(await putBack(context, wiring, place, dryRun))
  const unreadable = wiring.ledger.unreadable()
  const failed =
    adopted.failed || files.some(({ error, problems }) => error !== null || problems.length > 0)
  // What could not be put back needs its copy still.
  const done = !dryRun && !failed && unreadable.length === 0
  if (done) wiring.ledger.removeAll()
  if (failed || unreadable.length > 0) process.exitCode = 1
  const result = { files, unreadable, adopted: adopted.files, note: adopted.note, dryRun }
  context.output.result(result, () => [
    ...adopted.files.map((file) => `${file} has the servers again that Warder had taken over`),
    ...(adopted.note === null ? [] : [adopted.note]),
    ...(files.length === 0 ? ['Warder is in no configuration of a client.'] : files.flatMap(lines)),
    ...unreadable.map(
      (file): Line => [
        { text: `${file} cannot be read`, style: 'red' },
        `, so what it stood for is not known. The copies of clients' files stay in ${wiring.ledger.folder}.`,
      ],
    ),
    ...(done ? [`What is left of Warder is in ${context.home}.`] : []),
  ])
}

/** Servers that `warder doctor --fix` moved, the last first; with them their credentials leave the vault, so a person is asked. */
async function putBackAdopted(context: Context, { ledger }: Wiring): Promise<PutBackAdopted> {
  const files: string[] = []
  for (;;)
    try {
      const undone = await withPresence(context, (confirm) =>
        context.control.call('adoptions:undo', confirm),
      )
      files.push(...undone.files)
    } catch (error) {
      const { code, message } = failureOf(error).view
      if (code === 'adoption.none') return { files, note: null, failed: false }
      if (['presence.required', 'presence.refused', 'cli.cancelled'].includes(code)) throw error
      if (code !== 'companion.unreachable')
        return {
          files,
          note: `Servers that Warder had taken over stay with it: ${message}`,
          failed: true,
        }
      const maybe = mayHaveAdopted(ledger)
      const note =
        'Warder does not run: servers that `warder doctor --fix` moved are not put back. Start it, and run `warder doctor --undo`.'
      return { files, note: maybe ? note : null, failed: false }
    }
}

/** The companion, which would ask a person, is not asked. */
const wouldPutBack = ({ ledger }: Wiring): PutBackAdopted => ({
  files: [],
  note: mayHaveAdopted(ledger)
    ? 'Servers that `warder doctor --fix` moved, if there are any, would be put back first, after a question.'
    : null,
  failed: false,
})

/** No copy of a file is kept that holds the credentials of a server that was moved. */
const mayHaveAdopted = (ledger: Ledger) => ledger.records().some(({ undo }) => undo.way === 'entry')

async function putBack(
  context: Context,
  wiring: Wiring,
  { client, scope, file }: Place,
  dryRun: boolean,
): Promise<PutBack> {
  try {
    const plan = wiring.planUnwire(wiringClient(client), scope, file)
    const problems = dryRun ? [] : await takeOut(context, wiring, plan)
    return { client, file, done: !dryRun, notes: plan.notes, problems, error: null }
  } catch (error) {
    const { code, message } = toWarderError(error)
    return { client, file, done: false, notes: [], problems: [], error: { code, message } }
  }
}

function lines({ client, file, done, notes, problems, error }: PutBack): Line[] {
  if (error !== null)
    return [[{ text: `${client}: NOT put back`, style: 'red' }, `: ${error.message}`]]
  const exactly = `${file} ${done ? 'is' : 'would be'} put back byte for byte`
  return [
    `${client}: ${notes.length === 0 ? exactly : notes.join(' ')}`,
    ...problems.map((problem): Line => [{ text: problem, style: 'red' }]),
  ]
}
