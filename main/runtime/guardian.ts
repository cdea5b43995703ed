import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'

/**
 * Ends the local servers of a companion that can no longer do it: killed with SIGKILL, or out of memory. A process of its
 * own waits for the end of its standard input, which comes however the companion ends (ADR 16).
 */
export interface Guardian {
  /** @param start of the leader as `startOf` gives it, null while it is not known: then the id alone is believed */
  add(group: number, start: string | null): void
  remove(group: number): void
  close(): void
}

/**
 * Electron's `runAsNode` fuse is off and its utility processes end with the app, so this is the one program that stands
 * on every POSIX system. The text is fixed; what it reads are numbers and starts of ours. A leader that is there with
 * another start is somebody else's; one that is gone leaves its number unused while members of its group live.
 */
const SCRIPT = `
set -f
trap '' HUP INT QUIT TERM
started() {
  if [ -e /proc/self/stat ]; then
    stat=$(cat "/proc/$1/stat")
    set -- \${stat##*) }
    echo "\${20}"
  else
    LC_ALL=C TZ=UTC ps -o lstart= -p "$1" | tr -s ' \\n' '__' | sed 's/_*$//'
  fi
}
ours() {
  [ "$2" = ? ] && return
  now=$(started "$1")
  [ -z "$now" ] || [ "$now" = "$2" ]
}
signal() {
  for one in $groups; do
    ours "\${one%%/*}" "\${one#*/}" && kill -s "$1" -- "-\${one%%/*}"
  done
}
groups=
while read -r sign group start; do
  rest=
  for one in $groups; do
    [ "\${one%%/*}" = "$group" ] || rest="$rest $one"
  done
  groups=$rest
  if [ "$sign" = + ]; then groups="$groups $group/$start"; fi
done
[ -n "$groups" ] || exit 0
signal TERM
sleep 1
signal KILL
[ -z "$WARDER_CREDENTIALS" ] || rm -rf -- "$WARDER_CREDENTIALS"
`

/**
 * @param folder where files with credentials are, which it removes with those who read them; absolute
 * @param start runs the script in a POSIX shell
 */
export function createGuardian(
  folder = '',
  start: (script: string, folder: string) => Shell = startShell,
): Guardian {
  const groups = new Map<number, string | null>()
  let shell: Writable | null = null

  const tell = (line: string) => void shell?.write(`${line}\n`)
  const addLine = (group: number, start: string | null) => `+ ${group} ${start ?? '?'}`

  function open(): void {
    const opened = start(SCRIPT, folder)
    shell = opened.stdin
    // Whoever ends it ends nothing of ours: the next server brings another one, which is told of all.
    opened.onExit(() => {
      if (shell === opened.stdin) shell = null
    })
    for (const [group, begun] of groups) tell(addLine(group, begun))
  }

  return {
    add(group, begun) {
      groups.set(group, begun)
      if (shell === null) open()
      else tell(addLine(group, begun))
    },
    remove(group) {
      if (groups.delete(group)) tell(`- ${group}`)
    },
    close() {
      shell?.end()
      shell = null
    },
  }
}

/** Windows has no such process: there a job object would be wanted, which Node cannot make. */
export const noGuardian: Guardian = { add: () => {}, remove: () => {}, close: () => {} }

interface Shell {
  readonly stdin: Writable
  readonly onExit: (listener: () => void) => void
}

function startShell(script: string, folder: string): Shell {
  const child: ChildProcess = spawn('/bin/sh', ['-c', script, 'warder-guardian'], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', WARDER_CREDENTIALS: folder },
    stdio: ['pipe', 'ignore', 'ignore'],
    // A session of its own: what ends the companion's terminal or process group does not reach it.
    detached: true,
  })
  const stdin = child.stdin as Writable & { unref?: () => void }
  stdin.on('error', () => {})
  child.unref()
  stdin.unref?.()
  return {
    stdin,
    onExit(listener) {
      child.once('exit', listener)
      child.once('error', listener)
    },
  }
}
