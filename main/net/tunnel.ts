import http from 'node:http'
import https from 'node:https'
import type { LookupFunction, Socket } from 'node:net'
import { isWarderError, WarderError } from '../errors.ts'
import type { WebProxy } from './proxy.ts'
import { verified, watchHandshake } from './tls.ts'

/**
 * A tunnel to a host through the proxy (RFC 9110 §9.3.6). The proxy gets the name and the port, and from then on bytes
 * that are TLS between us and the host.
 *
 * @param target the host as it stands in its URL, and its port
 * @param limits timeoutMs: until the proxy has answered
 * @throws WarderError `net.proxy_unreachable`, `net.proxy_auth`, `net.proxy_refused`, `net.tls_*` (of the proxy), and what
 *   the credentials throw
 */
export async function openTunnel(
  proxy: WebProxy,
  target: { readonly hostname: string; readonly port: string },
  { lookup, timeoutMs }: { readonly lookup: LookupFunction; readonly timeoutMs: number },
): Promise<Socket> {
  const authorization = await proxy.authorization()
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const { url } = proxy
  const host = target.hostname.replace(/^\[|\]$/g, '')
  const authority = `${host.includes(':') ? `[${host}]` : host}:${target.port || '443'}`
  const secure = url.protocol === 'https:'
  const request = (secure ? https : http).request({
    method: 'CONNECT',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || (secure ? 443 : 80),
    path: authority,
    headers: {
      host: authority,
      ...(authorization === null ? {} : { 'proxy-authorization': authorization }),
    },
    lookup,
    agent: false,
    ...(secure ? verified() : {}),
  })
  const slow = setTimeout(() => {
    reject(unreachable(url, 'did not answer in time'))
    request.destroy()
  }, timeoutMs)
  let explain: (error: unknown) => WarderError | null = () => null
  request.on('socket', (socket) => {
    explain = watchHandshake(socket, url.hostname)
  })
  request.on('connect', (response, socket, head) => {
    clearTimeout(slow)
    const refusal = refusalOf(response.statusCode ?? 0, proxy, authorization !== null)
    // From here on the TLS above it has the errors.
    socket.on('error', () => {})
    if (refusal === null && head.length === 0) return resolve(socket as Socket)
    socket.destroy()
    // TLS begins with us: whatever a proxy sends before is not of the host.
    reject(refusal ?? answered(url, 'with more than it was asked'))
  })
  request.on('error', (error) => {
    clearTimeout(slow)
    reject(failureOf(error, url, explain))
  })
  request.end()
  return promise
}

function failureOf(
  error: NodeJS.ErrnoException,
  url: URL,
  explain: (error: unknown) => WarderError | null,
): WarderError {
  if (isWarderError(error)) return error
  if (error.code?.startsWith('HPE_')) return answered(url, 'with something that is not HTTP')
  return explain(error) ?? unreachable(url, 'could not be reached', error)
}

function refusalOf(
  status: number,
  { url }: WebProxy,
  gaveCredentials: boolean,
): WarderError | null {
  if (status >= 200 && status < 300) return null
  // tinyproxy answers 401 to a wrong password.
  if (status !== 407 && status !== 401) return answered(url, `${status}`)
  return new WarderError(
    'net.proxy_auth',
    gaveCredentials
      ? `The proxy ${url.host} does not accept the credentials that it was given.`
      : `The proxy ${url.host} wants credentials.`,
  )
}

const answered = (url: URL, how: string) =>
  new WarderError(
    'net.proxy_refused',
    `The proxy ${url.host} did not open the way to the host: it answered ${how}.`,
  )

const unreachable = (url: URL, what: string, cause?: unknown) =>
  new WarderError('net.proxy_unreachable', `The proxy ${url.host} ${what}.`, { cause })
