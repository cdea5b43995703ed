import { InvalidArgumentError, Option } from 'commander'
import { WarderError } from '../errors.ts'
import type { Serving } from '../headless/serve.ts'
import { type Context, examples, type Verb } from './context.ts'
import type { Output } from './output.ts'
import { askHidden, openTerminal, readSecret } from './prompt.ts'

interface ServeOptions {
  readonly vault?: 'keychain' | 'file' | 'memory'
  readonly passphraseFd?: number
  readonly port?: number
}

export const addServe: Verb = (program, action) => {
  program
    .command('serve')
    .addOption(
      new Option('--vault <kind>', 'where tokens and secrets are kept').choices([
        'keychain',
        'file',
        'memory',
      ]),
    )
    .option(
      '--passphrase-fd <n>',
      'read the passphrase of the vault file from this descriptor',
      number(0, 2 ** 31 - 1),
    )
    .option('--port <n>', 'port of the token door; kept for the next time', number(0, 65_535))
    .summary('run the companion here, without a window')
    .description(
      'Runs the companion in the foreground until Ctrl-C. Without a usable keychain it starts with nowhere to store: choose --vault file (asks for a passphrase) or --vault memory (forgets at exit).',
    )
    .addHelpText(
      'after',
      examples(
        'warder serve',
        'warder serve --vault file --passphrase-fd 3 --json 3< passphrase.txt',
      ),
    )
    .action(action(serve))
}

async function serve({ home, output }: Context, options: ServeOptions): Promise<void> {
  // Loaded here and not above: every other verb does without the companion.
  const { serveHeadless } = await import('../headless/serve.ts')
  const yielded = Promise.withResolvers<void>()
  const companion = await serveHeadless({
    home,
    onYield: yielded.resolve,
    passphrase: (purpose) => passphrase(purpose, options.passphraseFd),
    ...(options.vault === undefined ? {} : { vault: options.vault }),
    ...(options.port === undefined ? {} : { port: options.port }),
  })
  const stopped = stopSignal()
  announce(output, companion.ready)
  await Promise.race([stopped, yielded.promise])
  await companion.close()
}

/**
 * Resolves with the first signal; a second one ends the process where it stands. Before the companion runs, a signal
 * ends the process as it does any other: a passphrase that is asked for must not hold it.
 */
function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let asked = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (asked) process.exit(1)
      asked = true
      resolve()
    })
  return promise
}

function announce(output: Output, ready: Serving['ready']): void {
  // The ready line is for programs that wait for it, and always the same; the words beside it are for a person.
  output.element(ready, (line) => [JSON.stringify(line)])
  if (output.json) return
  output.note(`Warder is running: ${ready.http}, vault: ${ready.vault}. Stop it with Ctrl-C.`)
  if (ready.vault === 'none')
    output.note(
      'There is no usable keychain, so nothing can be stored: start again with --vault file or --vault memory.',
    )
}

async function passphrase(
  purpose: 'open' | 'create',
  descriptor: number | undefined,
): Promise<string> {
  if (descriptor !== undefined) return readSecret(descriptor)
  const terminal = openTerminal()
  if (terminal === null)
    throw new WarderError(
      'vault.choose',
      'The vault file needs its passphrase: pass --passphrase-fd, or start on a terminal.',
    )
  try {
    if (purpose === 'open')
      return await askHidden(terminal, 'Passphrase of the vault (not shown): ')
    const first = await askHidden(terminal, 'Passphrase of the new vault (not shown): ')
    // Nobody can get into a vault that was closed with a slip of the finger.
    if ((await askHidden(terminal, 'Once more: ')) === first) return first
    throw new WarderError('usage.invalid', 'The two passphrases differ; no vault was made.')
  } finally {
    terminal.close()
  }
}

const number = (least: number, most: number) => (value: string) => {
  const parsed = /^\d{1,10}$/.test(value) ? Number(value) : -1
  if (parsed < least || parsed > most)
    throw new InvalidArgumentError(`Write a number from ${least} to ${most}.`)
  return parsed
}
