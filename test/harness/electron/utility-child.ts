import { EventEmitter } from 'node:events'

/** Dresses a child of `fork` as a utility process: messages come and go through `process.parentPort` only. */
const send = process.send?.bind(process)
const parentPort = Object.assign(new EventEmitter(), {
  postMessage(message: unknown) {
    send?.(message)
  },
})
process.on('message', (data) => parentPort.emit('message', { data, ports: [] }))
// Electron ends its utility processes with itself.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
Object.defineProperties(process, {
  parentPort: { value: parentPort },
  send: { value: undefined },
})
