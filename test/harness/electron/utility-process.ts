import { fork } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { lifecycle } from './app.ts'

const childWorld = new URL('./utility-child.ts', import.meta.url).href

/** A real child process that runs the real module; it sees `process.parentPort` as Electron's would. */
class FakeUtilityProcess extends EventEmitter {
  private readonly child
  constructor(file: string, args: readonly string[], options: Electron.ForkOptions) {
    super()
    this.child = fork(file, args, {
      execArgv: ['--import', childWorld],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...(options.env ?? process.env) } as NodeJS.ProcessEnv,
    })
    this.child.on('message', (message) => this.emit('message', message))
    this.child.on('exit', (code) => this.emit('exit', code ?? 1))
    lifecycle.beforeExit(async () => void this.kill())
  }
  postMessage(message: unknown): void {
    if (this.child.connected) this.child.send(message as object)
  }
  /** Electron sends SIGTERM and, two seconds later, SIGKILL; waiting for that would prove nothing. */
  kill(): boolean {
    return this.child.kill('SIGKILL')
  }
}

export const utilityProcess = {
  fork(file: string, args: readonly string[] = [], options: Electron.ForkOptions = {}) {
    lifecycle.requireReady('utilityProcess')
    if (!file.startsWith('/')) throw new Error('modulePath must be an absolute path')
    return new FakeUtilityProcess(file, args, options)
  },
}
