import type { Server } from 'node:net'

/**
 * Listens on a socket that nobody but this user can reach (mode 0600) from its first moment on: whoever looks at it
 * never sees another mode. Rejects with the system's error.
 *
 * @param path of a socket file; on Windows the name of a pipe
 */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', () => {
      server.off('error', reject)
      resolve()
    })
  })
  // The file is made before `listen` returns; a mode that is set afterwards would come too late for a shim in a hurry.
  const usual = process.umask(0o177)
  try {
    server.listen(path)
  } finally {
    process.umask(usual)
  }
  await listening
}
