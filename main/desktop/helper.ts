import { fileURLToPath } from 'node:url'
import { utilityProcess } from 'electron'
import { helperEnvironment } from '../headless/helper.ts'
import type { Helper } from '../ports.ts'

/**
 * Runs a module in Electron's utility process: the fuse `runAsNode` is off, so `child_process.fork` would start a
 * second Warder instead of a Node.
 */
export function createHelper(): Helper {
  return {
    start(module) {
      const file = module.startsWith('file:') ? fileURLToPath(module) : module
      const child = utilityProcess.fork(file, [], {
        env: helperEnvironment(process.env),
        serviceName: 'Warder helper',
        stdio: 'ignore',
      })
      return {
        send: (message) => child.postMessage(message),
        onMessage: (listener) => void child.on('message', listener),
        onExit: (listener) => void child.once('exit', () => listener()),
        kill: () => void child.kill(),
      }
    },
  }
}
