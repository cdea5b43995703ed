import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Check } from './check-layout.ts'

/**
 * Runs the installed command line: it has to be Warder and nothing else, whatever its environment and arguments say.
 *
 * @param scratch a folder that is thrown away
 */
export async function checkClient(client: string, scratch: string): Promise<Check[]> {
  const folder = path.join(scratch, 'client')
  mkdirSync(folder)
  const injected = path.join(folder, 'injected.cjs')
  writeFileSync(injected, "process.stdout.write('INJECTED')")
  const home = path.join(folder, 'home')
  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    spawnSync(client, args, { encoding: 'utf8', env: { HOME: folder, ...env }, timeout: 30_000 })
  const { version } = JSON.parse(
    readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8'),
  )
  return [
    {
      what: 'the command line beside the app runs on its own',
      wrong: unless(run(['--version']), { status: 0, says: version }),
    },
    {
      what: 'NODE_OPTIONS makes it run nothing',
      wrong: unless(run(['--version'], { NODE_OPTIONS: `--require ${injected}` }), {
        status: 0,
        says: version,
      }),
    },
    {
      what: 'no argument of Node makes it run anything',
      wrong: unless(run(['--require', injected]), { status: 2, says: '' }),
    },
    {
      what: 'it says in its own form that no companion answers',
      wrong: unless(run(['--json', '--home', home, 'status']), {
        status: 69,
        says: 'companion.unreachable',
      }),
    },
    {
      what: 'it has the shim',
      wrong: unless(run(['mcp', '--client', 'desk', '--home', home]), { status: 69, says: '' }),
    },
    {
      what: 'it has no keytar',
      wrong: readFileSync(client).includes('keytar.node') ? 'it names keytar.node' : null,
    },
  ]
}

function unless(
  { status, stdout, stderr }: SpawnSyncReturns<string>,
  wanted: { readonly status: number; readonly says: string },
): string | null {
  const fits = status === wanted.status && stdout.includes(wanted.says)
  return fits && !stdout.includes('INJECTED') ? null : `${status}: ${stdout}${stderr}`
}
