import { readdirSync, readFileSync } from 'node:fs'

/**
 * A child and all it started, ended together. On POSIX the child leads a process group of its own; a program that leaves
 * the group on purpose (a daemon) is not reached. On Windows only the child itself is.
 */
export interface ProcessGroup {
  /** Sends a signal to every member; nothing happens if none is left. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void
  /** True while a member lives. One that is dead but not yet reaped by its parent does not count. */
  alive(): boolean
}

/** @param leader the process id of a child that was spawned detached (it leads its group) */
export function processGroup(leader: number): ProcessGroup {
  const target = process.platform === 'win32' ? leader : -leader
  return {
    signal(signal) {
      send(target, signal)
    },
    alive: () => send(target, 0) && !onlyZombies(leader),
  }
}

/** @returns whether somebody could be signalled */
function send(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal)
    return true
  } catch (error) {
    // EPERM: a member that changed its user lives on.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** In a container whose first process reaps nobody, orphans that have ended stay as zombies for ever. */
const onlyZombies = (group: number): boolean =>
  process.platform === 'linux' && livingMembers(group).next().done === true

/** The ids of its processes that run. On Linux. */
export function* livingMembers(group: number): Generator<string, undefined> {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const process = readState(entry)
    if (process?.group === group && process.state !== 'Z' && process.state !== 'X') yield entry
  }
}

/** proc_pid_stat(5): `pid (name) state parent group …`, where the name may hold anything, parentheses too. */
function readState(pid: string): { state: string | undefined; group: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state, group: Number(group) }
  } catch {
    return undefined
  }
}
