import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { wiringClients } from './clients/index.ts'
import { readClientFile } from './read.ts'
import type { FoundClient, Where, WiringClient } from './types.ts'

/**
 * Looks for every client, without starting or changing anything.
 *
 * @param processes names of what runs; null where that is not known
 */
export function findClients(
  where: Where,
  processes: () => ReadonlySet<string> | null = runningProcesses,
): FoundClient[] {
  const running = processes()
  return wiringClients.map((client) => findClient(client, where, running))
}

export const isInstalled = (client: WiringClient, where: Where): boolean =>
  client.traces(where).some((trace) => existsSync(trace)) ||
  existsSync(client.userFile(where)) ||
  client.programs.some((program) => isOnPath(program, where))

/** Null where the system does not tell. */
export function isRunning(
  client: WiringClient,
  processes: () => ReadonlySet<string> | null = runningProcesses,
): boolean | null {
  const running = processes()
  return running && client.processes.some((name) => running.has(name))
}

function findClient(
  client: WiringClient,
  where: Where,
  running: ReadonlySet<string> | null,
): FoundClient {
  const user = client.userFile(where)
  const project = client.projectFile && path.join(where.folder, client.projectFile)
  return {
    client,
    installed: isInstalled(client, where),
    running: isRunning(client, () => running),
    files: [
      readClientFile(client, 'user', user),
      // In the home directory of most clients they are one.
      ...(project === null || project === user ? [] : [readClientFile(client, 'project', project)]),
    ],
  }
}

function isOnPath(program: string, { env, platform }: Where): boolean {
  const endings = platform === 'win32' ? ['.exe', '.cmd'] : ['']
  const folders = (env.PATH ?? env.Path ?? '').split(platform === 'win32' ? ';' : ':')
  return folders.some(
    (folder) =>
      path.isAbsolute(folder) &&
      endings.some((ending) => existsSync(path.join(folder, program + ending))),
  )
}

/** The names of what runs on this machine, as its system shows them; null where it cannot be asked. */
function runningProcesses(): ReadonlySet<string> | null {
  try {
    switch (process.platform) {
      case 'linux':
        return new Set(readdirSync('/proc').flatMap(commandName))
      case 'darwin':
        return lines(execFileSync('/bin/ps', ['-axco', 'comm='], quiet))
      case 'win32':
        return windowsNames(
          execFileSync(
            path.join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'tasklist.exe'),
            ['/fo', 'csv', '/nh'],
            quiet,
          ),
        )
      default:
        return null
    }
  } catch {
    return null
  }
}

const quiet: ExecFileSyncOptionsWithStringEncoding = {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
  timeout: 5000,
}

function commandName(pid: string): string[] {
  if (!/^\d+$/.test(pid)) return []
  try {
    return [readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd()]
  } catch {
    return []
  }
}

const lines = (text: string) => new Set(text.split('\n').map((line) => line.trim()))

const windowsNames = (csv: string) =>
  new Set([...csv.matchAll(/^"([^"]*)"/gm)].map(([, name]) => name ?? ''))
