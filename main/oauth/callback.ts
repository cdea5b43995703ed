import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type ErrorCode, WarderError } from '../errors.ts'
import { type ExpectedAnswer, type Genuine, judgeCallback } from './callback-answer.ts'
import { judgePasted } from './pasted-answer.ts'
import type { ListeningPlace } from './redirect-uri.ts'

/** The one-shot listener for the answer of one sign-in. */
export interface CallbackListener {
  /** The redirect URI that this listener stands at. */
  readonly redirectUri: string
  /**
   * Begins to take answers, until the first genuine one. Before this call every request is refused.
   *
   * @returns `code`, `state` and `iss` of the genuine answer
   * @throws WarderError `oauth.authorization_refused` for a genuine error answer, `oauth.sign_in_abandoned` when the
   *   time is over or the sign-in was cancelled
   */
  wait(expected: ExpectedAnswer, expiresAt: number): Promise<URLSearchParams>
  /**
   * The answer by hand, where the browser is on another machine and its redirect led nowhere: the address that it ended
   * at. Whichever genuine answer comes first counts.
   *
   * @throws WarderError `oauth.paste_refused`, `oauth.state_mismatch`, `oauth.issuer_mismatch`: the sign-in waits on;
   *   `oauth.sign_in_abandoned` where nothing waits any more
   */
  paste(address: string): void
  cancel(): void
}

type Answer = { readonly resolve: (parameters: URLSearchParams) => void; fail(error: Error): void }

/**
 * Opens the listener at a place, on loopback addresses only (RFC 8252 §7.3, §8.3).
 *
 * @throws WarderError `oauth.callback_port` where another program holds the port
 */
export async function openCallback(
  place: ListeningPlace,
  clock: () => number,
): Promise<CallbackListener> {
  let pending: { expected: ExpectedAnswer; expiresAt: number; answer: Answer } | null = null
  const servers = await listen(place, (request, response) => receive(request, response))
  const authority = `${place.host}:${portOf(servers[0])}`
  const redirectUri = `http://${authority}${place.path}`
  const close = () => {
    for (const server of servers) server.close()
  }

  function receive(request: IncomingMessage, response: ServerResponse): void {
    if (pending === null || clock() >= pending.expiresAt) {
      respond(request, response, 410)
      return
    }
    const verdict = judgeCallback(asCallback(request), { authority, ...place }, pending.expected)
    if (verdict.kind === 'refuse') {
      respond(request, response, verdict.status, verdict.why)
      return
    }
    // Taken before anything else happens: of many identical answers only one gets here.
    const { answer } = pending
    pending = null
    response.once('close', close)
    respond(request, response, verdict.kind === 'code' ? 200 : 400, verdict.kind)
    settle(answer, verdict)
  }

  function cancel(): void {
    pending?.answer.fail(
      new WarderError('oauth.sign_in_abandoned', 'The sign-in was not finished.'),
    )
    pending = null
    close()
  }

  return {
    redirectUri,
    wait(expected, expiresAt) {
      const { promise, resolve, reject } = Promise.withResolvers<URLSearchParams>()
      pending = { expected, expiresAt, answer: { resolve, fail: reject } }
      const timer = setTimeout(cancel, Math.max(0, expiresAt - clock()))
      return promise.finally(() => clearTimeout(timer))
    },
    paste(address) {
      if (pending === null || clock() >= pending.expiresAt)
        throw new WarderError(
          'oauth.sign_in_abandoned',
          'This sign-in waits for no answer any more.',
        )
      const { answer, expected } = pending
      const verdict = judgePasted(address, redirectUri, expected)
      pending = null
      close()
      settle(answer, verdict)
    },
    cancel,
  }
}

function settle(answer: Answer, verdict: Genuine): void {
  if (verdict.kind === 'code') answer.resolve(verdict.parameters)
  else answer.fail(refusal(verdict.error))
}

/** RFC 6749 §4.1.2.1 in our own words: the provider's text is never shown. */
function refusal(error: string): WarderError {
  const meanings: Record<string, string> = {
    access_denied: 'The sign-in was refused at the provider.',
    invalid_scope: 'The provider does not know, or does not grant, one of the scopes.',
    invalid_target: 'The provider does not issue tokens for this server.',
    unauthorized_client: 'The provider does not allow this client to sign in that way.',
    server_error: 'The provider failed on its own side.',
    temporarily_unavailable: 'The provider is overloaded or under maintenance.',
  }
  const meaning = Object.hasOwn(meanings, error) ? meanings[error] : undefined
  return new WarderError(
    'oauth.authorization_refused',
    meaning ?? 'The provider answered the sign-in with an error.',
  )
}

function asCallback(request: IncomingMessage) {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    header: (name: string) => request.headersDistinct[name]?.join(', '),
  }
}

const texts = {
  code: 'Sign-in received. Return to Warder to see the account. You can close this page.',
  error: 'The sign-in was not granted. Return to Warder. You can close this page.',
  none: 'This is not an answer that Warder waits for. Nothing was accepted.',
  state: refusalText('oauth.state_mismatch', 'This answer belongs to another sign-in.'),
  issuer: refusalText('oauth.issuer_mismatch', 'This answer comes from another identity provider.'),
}

/** The sign-in goes on waiting for its own answer; the code leads to `warder errors CODE`. */
function refusalText(code: ErrorCode, sentence: string): string {
  return `${sentence} Nothing was accepted. (${code})`
}

/** Fixed text only: whatever a request holds, the page does not. */
function respond(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: keyof typeof texts = 'none',
): void {
  request.resume()
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
    connection: 'close',
  })
  response.end(
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Warder</title><p>${texts[text]}</p></html>`,
  )
}

/** A redirect URI with `localhost` may be opened at either address, so both are held. */
const addresses: Record<string, readonly string[]> = {
  '127.0.0.1': ['127.0.0.1'],
  '[::1]': ['::1'],
  localhost: ['127.0.0.1', '::1'],
}

async function listen(
  place: ListeningPlace,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server[]> {
  const servers: Server[] = []
  let port = place.port
  for (const address of addresses[place.host] ?? []) {
    const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000 }, handler)
    try {
      server.listen({ host: address, port, exclusive: true })
      await once(server, 'listening')
    } catch (cause) {
      if (address === '::1' && servers.length > 0 && isAbsentFamily(cause)) continue
      for (const open of servers) open.close()
      throw new WarderError(
        'oauth.callback_port',
        `Port ${port} of the redirect URI cannot be used: another program, or another Warder, holds it.`,
        { cause },
      )
    }
    servers.push(server)
    port = portOf(server)
  }
  return servers
}

function isAbsentFamily(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT'
}

function portOf(server: Server | undefined): number {
  const address = server?.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
