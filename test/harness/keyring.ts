import { execFile } from 'node:child_process'
import { cp, mkdir, realpath, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import { testHome } from './home.ts'
import { bareEnvironment, spawnReady } from './processes.ts'

/**
 * - `unlocked`: a login keyring that can be read and written
 * - `locked`: the same after the Secret Service's own Lock; no prompter exists on this bus, so every prompt is dismissed
 * - `fresh`: the service runs, but nobody ever made a keyring
 * - `absent`: a session bus without a Secret Service
 * - `no-bus`: not even a session bus
 */
export type KeyringState = 'unlocked' | 'locked' | 'fresh' | 'absent' | 'no-bus'

export interface KeyringOptions {
  readonly state: KeyringState
  /** The folder of another keyring ({@link Keyring.files}), as a thief of the disk would copy it. */
  readonly copyOf?: string
}

export interface Keyring extends AsyncDisposable {
  /** All that a program needs to find this keyring, and nothing of the caller's own session. */
  readonly env: Readonly<Record<string, string>>
  /** Where the daemon keeps its files. */
  readonly files: string
  lock(): Promise<void>
  unlock(): Promise<void>
  /** Stops the daemon in its tracks: whoever asks it now waits until {@link Keyring.thaw}. */
  freeze(): void
  thaw(): void
}

const PASSWORD = 'keyring password of the tests'
const LOGIN = '/org/freedesktop/secrets/collection/login'

/** A private session bus with a real gnome-keyring on it, in a home of its own. */
export async function startKeyring({ state, copyOf }: KeyringOptions): Promise<Keyring> {
  await using stack = new AsyncDisposableStack()
  const home = stack.use(await testHome()).path
  const runtime = path.join(home, 'run')
  const files = path.join(home, '.local/share/keyrings')
  await mkdir(runtime, { mode: 0o700 })
  if (copyOf !== undefined) await cp(copyOf, files, { recursive: true })

  const env: Record<string, string> = {
    ...bareEnvironment(),
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${path.join(runtime, 'bus')}`,
  }
  if (state !== 'no-bus') stack.use(await startBus(runtime, env))

  const hasService = state === 'unlocked' || state === 'locked' || state === 'fresh'
  const makesLogin = hasService && state !== 'fresh' && copyOf === undefined
  const daemon = hasService ? stack.use(await startDaemon(runtime, env, makesLogin)) : undefined
  // A stopped process ignores SIGTERM: whatever a test left behind, the end finds it running.
  stack.defer(() => void daemon?.child.kill('SIGCONT'))

  const lock = async () => {
    await call(env, 'Lock', `array:objpath:${LOGIN}`)
  }
  const unlock = () => controlUnlock(path.join(runtime, 'keyring/control'))
  if (state === 'unlocked' && copyOf !== undefined) await unlock()
  if (state === 'locked') await lock()

  const kept = stack.move()
  return {
    env,
    files,
    lock,
    unlock,
    freeze: () => void daemon?.child.kill('SIGSTOP'),
    thaw: () => void daemon?.child.kill('SIGCONT'),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** No service folders: the bus can start nothing by itself, neither another keyring nor a prompter. */
async function startBus(runtime: string, env: Record<string, string>) {
  const config = path.join(runtime, 'bus.conf')
  await writeFile(
    config,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
      "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
    <busconfig>
      <type>session</type>
      <listen>unix:path=${path.join(await realpath(runtime), 'bus')}</listen>
      <auth>EXTERNAL</auth>
      <policy context="default">
        <allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
      </policy>
    </busconfig>`,
  )
  return spawnReady({
    // The bus dies with this process, however that ends, and the daemon ends when its bus is gone.
    command: 'setpriv',
    args: [
      '--pdeathsig=KILL',
      'dbus-daemon',
      `--config-file=${config}`,
      '--nofork',
      '--nopidfile',
      '--print-address',
    ],
    env,
    announced: (line) => (line.startsWith('unix:') ? line : undefined),
  })
}

/** @param makesLogin with the password on its standard input the daemon makes and unlocks the login keyring */
async function startDaemon(runtime: string, env: Record<string, string>, makesLogin: boolean) {
  const input = path.join(runtime, 'password')
  await writeFile(input, makesLogin ? PASSWORD : '', { mode: 0o600 })
  const daemon = await spawnReady({
    command: 'sh',
    args: [
      '-c',
      'exec <"$0" gnome-keyring-daemon "$@"',
      input,
      '--foreground',
      '--components=secrets',
      `--control-directory=${path.join(runtime, 'keyring')}`,
      ...(makesLogin ? ['--unlock'] : []),
    ],
    env,
    announced: (line) => (line.startsWith('GNOME_KEYRING_CONTROL=') ? line : undefined),
  })
  await rm(input)
  // It announces its control socket before it owns its name on the bus.
  while (daemon.child.exitCode === null && !(await ownsName(env)));
  return daemon
}

const run = promisify(execFile)

async function ownsName(env: Record<string, string>): Promise<boolean> {
  const { stdout } = await run(
    'dbus-send',
    [
      '--session',
      '--print-reply=literal',
      '--dest=org.freedesktop.DBus',
      '/org/freedesktop/DBus',
      'org.freedesktop.DBus.NameHasOwner',
      'string:org.freedesktop.secrets',
    ],
    { env },
  )
  return stdout.includes('true')
}

async function call(env: Record<string, string>, method: string, argument: string): Promise<void> {
  await run(
    'dbus-send',
    [
      '--session',
      '--print-reply',
      '--dest=org.freedesktop.secrets',
      '/org/freedesktop/secrets',
      `org.freedesktop.Secret.Service.${method}`,
      argument,
    ],
    { env },
  )
}

/**
 * What PAM does at login: hands the password to the daemon's control socket. One credentials byte, then big-endian words: length of the packet, operation, length of the password.
 */
async function controlUnlock(socketPath: string): Promise<void> {
  const UNLOCK = 1
  const password = Buffer.from(PASSWORD)
  const head = Buffer.alloc(13)
  head.writeUInt32BE(12 + password.length, 1)
  head.writeUInt32BE(UNLOCK, 5)
  head.writeUInt32BE(password.length, 9)

  const socket = connect(socketPath)
  socket.write(Buffer.concat([head, password]))
  const answer: Buffer[] = []
  for await (const chunk of socket) {
    answer.push(chunk)
    if (Buffer.concat(answer).length >= 8) break
  }
  const result = Buffer.concat(answer).readUInt32BE(4)
  if (result !== 0) throw new Error(`gnome-keyring refused to unlock (${result})`)
}
