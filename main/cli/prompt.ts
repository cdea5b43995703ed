import { closeSync, createReadStream, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { ReadStream, WriteStream } from 'node:tty'
import { WarderError } from '../errors.ts'
import { MAX_VALUE } from '../vault/input.ts'

/** Where a person can be asked. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  close(): void
}

/**
 * The person's terminal: the standard streams where both are one, else the controlling terminal, which is there even
 * while standard input carries a secret. Null in a script without either.
 */
export function openTerminal(): Terminal | null {
  if (process.stdin.isTTY && process.stderr.isTTY)
    return { input: process.stdin, output: process.stderr, close: () => process.stdin.pause() }
  if (process.platform === 'win32') return null
  const input = openControllingTerminal('r', ReadStream)
  const output = openControllingTerminal('w', WriteStream)
  const close = () => {
    input?.destroy()
    output?.destroy()
  }
  if (input !== null && output !== null) return { input, output, close }
  close()
  return null
}

/** Each direction gets a descriptor of its own, because each stream closes the one it was given. */
function openControllingTerminal<S>(
  flags: 'r' | 'w',
  stream: new (descriptor: number) => S,
): S | null {
  let descriptor: number
  try {
    descriptor = openSync('/dev/tty', flags)
  } catch {
    return null
  }
  try {
    return new stream(descriptor)
  } catch {
    closeSync(descriptor)
    return null
  }
}

/** Asks a yes-or-no question; anything but a plain yes is a no. */
export async function askYesNo(terminal: Terminal, question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await askLine(terminal, `${question} [y/N] `, false)).trim())
}

/** Asks for a line that is shown. */
export function askText(terminal: Terminal, question: string): Promise<string> {
  return askLine(terminal, question, false)
}

/** Asks for a line that is not shown while it is typed. */
export function askHidden(terminal: Terminal, question: string): Promise<string> {
  return askLine(terminal, question, true)
}

/** @throws WarderError `cli.cancelled` on Ctrl-C and where the terminal ends */
function askLine(terminal: Terminal, question: string, hidden: boolean): Promise<string> {
  const lines = createInterface({
    input: terminal.input,
    // readline echoes what is typed to its output: none, where it must not be seen.
    output: hidden ? silence() : terminal.output,
    terminal: true,
    historySize: 0,
  })
  if (hidden) terminal.output.write(question)
  else lines.setPrompt(question)
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => {
      resolve(line)
      lines.close()
    })
    lines.once('SIGINT', () => lines.close())
    lines.once('close', () => {
      if (hidden) terminal.output.write('\n')
      reject(new WarderError('cli.cancelled', 'Cancelled; nothing was changed.'))
    })
    if (!hidden) lines.prompt()
  })
}

/**
 * Takes lines that are not shown while they are typed, one after the other, until it is over.
 *
 * @param take is handed each line; the next one waits for it
 * @param interrupt is called on Ctrl-C, which the terminal does not turn into a signal meanwhile
 * @returns a function that ends it
 */
export function takeHiddenLines(
  terminal: Terminal,
  take: (line: string) => Promise<void>,
  interrupt: () => void,
): () => void {
  const lines = createInterface({
    input: terminal.input,
    output: silence(),
    terminal: true,
    historySize: 0,
  })
  let taken = Promise.resolve()
  lines.on('line', (line) => {
    taken = taken.then(() => take(line))
  })
  lines.once('SIGINT', interrupt)
  return () => lines.close()
}

const silence = () => new Writable({ write: (_chunk, _encoding, done) => done() })

/**
 * A secret from a file descriptor: all of it, without the one line break that `echo` or an editor puts at the end.
 *
 * @throws WarderError `secret.invalid` where it is empty, too long or not UTF-8; `usage.invalid` where there is no such descriptor
 */
export async function readSecret(descriptor: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of createReadStream('', { fd: descriptor }) as AsyncIterable<Buffer>) {
      size += chunk.length
      // One more than the limit for the line break, two for one of Windows.
      if (size > MAX_VALUE + 2) throw tooLong()
      chunks.push(chunk)
    }
  } catch (cause) {
    if (cause instanceof WarderError) throw cause
    throw new WarderError('usage.invalid', `File descriptor ${descriptor} cannot be read.`, {
      cause,
    })
  }
  const value = decode(Buffer.concat(chunks)).replace(/\r?\n$/, '')
  if (value === '') throw new WarderError('secret.invalid', 'The value is empty.')
  if (Buffer.byteLength(value) > MAX_VALUE) throw tooLong()
  return value
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new WarderError('secret.invalid', 'The value is not text in UTF-8.', { cause })
  }
}

const tooLong = () =>
  new WarderError('secret.invalid', `The value is longer than ${MAX_VALUE} bytes.`)
