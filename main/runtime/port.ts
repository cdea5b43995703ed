import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { WarderError } from '../errors.ts'

/** A port of this machine that nobody listened on just now. */
export async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const probe = createServer()
  probe.once('error', reject)
  probe.listen(0, '127.0.0.1', () => {
    const address = probe.address()
    probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
  })
  return promise
}

const POLL_MS = 50

/**
 * Resolves when a server of this user listens on the port. Where the system tells who listens, another user's server is
 * refused: it could have taken the port first, and would get the credential.
 *
 * @param signal the server has ended, or had its time
 * @throws WarderError `server.unsafe`, or the signal's reason
 */
export async function untilListening(
  port: number,
  signal: AbortSignal,
  owners: (port: number) => readonly number[] = listeners,
): Promise<void> {
  const own = process.getuid?.()
  while (!(await answers(port)))
    await sleep(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted())
  if (own !== undefined && owners(port).some((uid) => uid !== own))
    throw new WarderError(
      'server.unsafe',
      `Another user of this machine listens on port ${port}, which was meant for the local server; nothing was sent.`,
    )
}

function answers(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host: '127.0.0.1', port })
  socket.once('connect', () => resolve(true))
  socket.once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

/** @returns the user ids of all that listen on it, on Linux; nothing elsewhere */
function listeners(port: number): number[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => readListeners(textOf(file), port))
}

const LISTEN = '0A'

/** proc_net_tcp(5): `sl local remote state tx:rx tr:when retransmits uid …`, addresses and ports in hexadecimal. */
export function readListeners(table: string, port: number): number[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , uid] = line.trim().split(/\s+/)
    const isOurs = state === LISTEN && Number.parseInt(local.split(':')[1] ?? '', 16) === port
    return isOurs ? [Number(uid)] : []
  })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
