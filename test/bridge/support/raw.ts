import { connect } from 'node:net'

export interface RawAnswer {
  /** Status of each answer on the connection, in order. */
  readonly statuses: number[]
  readonly text: string
}

/**
 * Writes bytes to a port and reads until the other side closes, or has answered `answers` times.
 */
export function exchangeRaw(
  port: number,
  bytes: string | Buffer | readonly (string | Buffer)[],
  answers = Number.POSITIVE_INFINITY,
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let text = ''
    const seen = () =>
      [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      const final = seen().filter((status) => status >= 200)
      if (final.length >= answers && bodyIsThere(text)) socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve({ statuses: seen(), text }))
    for (const part of typeof bytes === 'string' || Buffer.isBuffer(bytes) ? [bytes] : bytes)
      socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part)
  })
}

/** True when the last answer's body has come as far as its head says. */
function bodyIsThere(text: string): boolean {
  const last = text.slice(text.lastIndexOf('HTTP/1.1 '))
  const end = last.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = Number(/content-length: (\d+)/i.exec(last.slice(0, end))?.[1] ?? 0)
  return last.length >= end + 4 + length
}
