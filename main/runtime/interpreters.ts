/**
 * Programs that run a script they are given, and how their arguments tell which: a path that decides what runs is as much
 * part of the command as the program itself.
 */
interface Interpreter {
  /** The code is an argument itself, or the name of a module. */
  readonly code: readonly string[]
  /** Their value is a script too, if it is a path. */
  readonly loads: readonly string[]
  /** Their value is none. */
  readonly values: readonly string[]
  /** Words before the script. */
  readonly verbs: readonly string[]
}

const plain: Interpreter = { code: ['-c', '-e'], loads: [], values: [], verbs: [] }
const node: Interpreter = {
  code: ['-e', '--eval', '-p', '--print', '-pe', '--test', '--run'],
  loads: ['-r', '--require', '--import', '--loader', '--experimental-loader', '--env-file'],
  values: [
    ...[
      '-C',
      '--conditions',
      '--input-type',
      '--title',
      '--stack-trace-limit',
      '--disable-warning',
    ],
    ...['--unhandled-rejections', '--icu-data-dir', '--openssl-config', '--trace-event-categories'],
  ],
  verbs: [],
}
const python: Interpreter = { ...plain, code: ['-c', '-m'], values: ['-W', '-X'] }
const runner: Interpreter = { ...node, verbs: ['run'] }

const known: Readonly<Record<string, Interpreter>> = {
  node,
  nodejs: node,
  tsx: node,
  'ts-node': node,
  bun: runner,
  deno: runner,
  python,
  pythonw: python,
  pypy: python,
  ruby: { ...plain, loads: ['-r'] },
  perl: plain,
  php: { ...plain, code: ['-r'], loads: ['-f'] },
  java: { ...plain, loads: ['-jar'], values: ['-cp', '-classpath', '--class-path'] },
  ...Object.fromEntries(['sh', 'bash', 'dash', 'zsh', 'ksh', 'fish'].map((name) => [name, plain])),
}

/** @returns null for a program that is what runs itself */
export function interpreterOf(program: string): Interpreter | null {
  const name = nameOf(program)
  return own(name) ?? own(name.replace(/[\d.]+$/, ''))
}

const own = (name: string) => (Object.hasOwn(known, name) ? (known[name] ?? null) : null)

/** `npx` of `C:\\nodejs\\npx.CMD`. */
export const nameOf = (program: string) =>
  (program.split(/[/\\]/).at(-1) ?? '').toLowerCase().replace(/\.(?:exe|cmd|bat|com)$/, '')

/** @returns the paths that decide what runs, as they are written, the script itself last */
export function scriptsOf(interpreter: Interpreter, args: readonly string[]): string[] {
  const { code, loads, values, verbs } = interpreter
  const found: string[] = []
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? ''
    const [flag = '', value] = split(word)
    if (code.includes(flag) || word === '-') return found
    if (word === '--') return [...found, ...args.slice(index + 1, index + 2)]
    if (loads.includes(flag)) {
      const given = value ?? args[++index] ?? ''
      if (isPath(given)) found.push(given)
      // A jar is all that runs.
      if (flag === '-jar' || flag === '-f') return found
    } else if (values.includes(word)) index++
    else if (!word.startsWith('-') && !verbs.includes(word)) return [...found, word]
  }
  return found
}

function split(word: string): [string, string?] {
  const equals = word.startsWith('--') ? word.indexOf('=') : -1
  return equals === -1 ? [word] : [word.slice(0, equals), word.slice(equals + 1)]
}

/** A module's bare name is looked up by the interpreter itself. */
const isPath = (text: string) =>
  /^(?:\.{0,2}[/\\]|file:|[A-Za-z]:[/\\])/.test(text) || /\.jar$/.test(text)
