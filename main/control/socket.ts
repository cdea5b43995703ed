import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { WarderError } from '../errors.ts'
import { listenPrivately } from '../store/private-socket.ts'
import { handleControlRequest } from './http.ts'
import type { Control } from './types.ts'

/**
 * The control API for the command line. Who can open the socket is this user: the directory is 0700 and the socket
 * 0600. It is never an MCP socket, and no client is told of it.
 *
 * @throws WarderError `store.unwritable`
 */
export async function openControlSocket(
  path: string,
  control: Control,
): Promise<{ close(): Promise<void> }> {
  // The home's lock is ours, so a socket that lies here is a leftover.
  if (process.platform !== 'win32') rmSync(path, { force: true })
  const server = createServer((request, response) => {
    handleControlRequest(control, request, response).catch(() => response.destroy())
  })
  // A sign-in that is waited for takes as long as the person takes.
  server.requestTimeout = 0
  await listenPrivately(server, path).catch((cause: unknown) => {
    throw new WarderError('store.unwritable', `The control socket ${path} cannot be opened.`, {
      cause,
    })
  })
  return {
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
