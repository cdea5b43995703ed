import { nameOf } from './interpreters.ts'

/** Programs that fetch a package and run it: which one comes depends on the day unless the version is written. */
export type Runner =
  /** Warder installs the package itself and runs it, in the place of npx. */
  | {
      readonly kind: 'npm'
      readonly spec: string
      readonly bin: string | null
      readonly args: readonly string[]
    }
  /** Runs as written: the version stands in the command. */
  | { readonly kind: 'exact'; readonly name: string; readonly version: string }
  | { readonly kind: 'refused'; readonly reason: string }

/** @returns null for a command that fetches nothing */
export function runnerOf(command: string, args: readonly string[]): Runner | null {
  const name = nameOf(command)
  const [verb, ...rest] = args
  const inTwo = (one: string, ...verbs: string[]) => name === one && verbs.includes(verb ?? '')
  if (name === 'npx') return npm(args)
  if (inTwo('npm', 'exec', 'x')) return npm(rest)
  if (name === 'bunx' || name === 'pnpx') return exact(args, '@')
  if (inTwo('bun', 'x') || inTwo('pnpm', 'dlx', 'exec') || inTwo('yarn', 'dlx'))
    return exact(rest, '@')
  if (name === 'uvx') return exact(args, '==')
  if (name === 'uv' && verb === 'tool' && rest[0] === 'run') return exact(rest.slice(1), '==')
  if (inTwo('pipx', 'run')) return exact(rest, '==')
  return null
}

const SWITCHES = ['-y', '--yes', '-q', '--quiet', '--silent', '--prefer-offline', '--prefer-online']
/** A package of the registry, with a version, a range or a tag. */
const REGISTRY_SPEC = /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*(?:@[\w.^~<>=* |-]+)?$/i

function npm(args: readonly string[]): Runner {
  const refused = (reason: string): Runner => ({ kind: 'refused', reason })
  let spec: string | null = null
  let index = 0
  for (; index < args.length; index++) {
    const word = args[index] ?? ''
    const [, named] = /^(?:--package|-p)=(.*)$/.exec(word) ?? []
    if (word === '--') {
      index++
      break
    }
    if (!word.startsWith('-')) break
    if (SWITCHES.includes(word)) continue
    const given = named ?? (word === '--package' || word === '-p' ? args[++index] : undefined)
    if (given === undefined)
      return refused(`Warder does not know what ${JSON.stringify(word)} means to npx`)
    if (spec !== null)
      return refused('it names several packages, and Warder holds one for a server')
    spec = given
  }
  const [first, ...rest] = args.slice(index)
  const wanted = spec ?? first
  if (wanted === undefined) return refused('it names no package')
  if (!REGISTRY_SPEC.test(wanted))
    return refused(
      `${JSON.stringify(wanted)} is no package of a registry; install it and name its program`,
    )
  if (spec === null) return { kind: 'npm', spec: wanted, bin: null, args: rest }
  if (first === undefined) return refused('it names no program of its package')
  return { kind: 'npm', spec, bin: first, args: rest }
}

const FROM = ['--from', '--package', '-p', '--spec']
const EXTRA = ['--with', '--with-editable', '--with-requirements', '--overrides']

/** @param equals what stands between a name and its version */
function exact(args: readonly string[], equals: '@' | '=='): Runner {
  const named: string[] = []
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? ''
    const [flag = '', value] = /^(--[^=]+)=(.*)$/.exec(word)?.slice(1) ?? [word]
    if (FROM.includes(flag) && !(equals === '==' && flag === '-p')) {
      named.unshift(value ?? args[++index] ?? '')
    } else if (EXTRA.includes(flag)) {
      return { kind: 'refused', reason: `${flag} brings packages that Warder could not hold` }
    } else if (word === '--python' || word === '-p') index++
    else if (!word.startsWith('-')) {
      named.push(word)
      break
    }
  }
  const [spec] = named
  if (spec === undefined) return { kind: 'refused', reason: 'it names no package' }
  const form = equals === '@' ? /^(@?[^@]+)@(\d[\w.+-]*)$/ : /^([\w.[\],-]+)(?:==|@)(\d[\w.+!-]*)$/
  const [, name, version] = form.exec(spec) ?? []
  const isWhole = equals === '==' || /^\d+\.\d+\.\d+/.test(version ?? '')
  if (name === undefined || version === undefined || !isWhole)
    return {
      kind: 'refused',
      reason: `which version of ${JSON.stringify(spec)} runs would be decided at each start; write it exactly, as ${spec.replace(/[@=].*$/, '') || 'NAME'}${equals}1.2.3`,
    }
  return { kind: 'exact', name, version }
}
