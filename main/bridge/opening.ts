import { type ErrorCode, toWarderError, WarderError } from '../errors.ts'
import type { RequestMessage } from './envelope.ts'
import { limits } from './limits.ts'

/**
 * The opening of a session whose server cannot be reached until a person does something (signs in, approves, unlocks, resumes)
 * or the network is back. The client is told so and stays; its next request opens the server for real.
 */
const PASSES: ReadonlySet<ErrorCode> = new Set([
  'grant.sign_in_needed',
  'grant.frozen',
  'grant.scopes_needed',
  'policy.stopped',
  'policy.locked',
  'policy.paused',
  'server.held',
  'server.changed',
  'secret.unknown',
  'secret.binding_changed',
  'vault.choose',
  'vault.locked',
  'vault.locked_or_missing',
  'vault.absent',
  'oauth.provider_unavailable',
  'server.unreachable',
  'server.timed_out',
  'net.unreachable',
  'net.tls_untrusted',
  'net.tls_expired',
  'net.proxy_invalid',
  'net.proxy_unreachable',
  'net.proxy_auth',
  'net.proxy_refused',
])

export const mayPass = (code: ErrorCode) => PASSES.has(code)

/** The revisions with `initialize` (2026-07-28 has none), newest first. */
export const SESSION_REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const
export const LATEST_SESSION_REVISION = SESSION_REVISIONS[0]

/** The client's word that the session is open (MCP 2025-11-25, lifecycle, Initialization). */
export const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}'

/** MCP 2025-11-25, Version Negotiation: the asked revision where it is known, else our newest. */
export function ownRevision(initialize: RequestMessage): string {
  const asked = initialize.params?.member('protocolVersion')?.string()
  return SESSION_REVISIONS.find((revision) => revision === asked) ?? LATEST_SESSION_REVISION
}

/** What a client says of itself is kept while its session lasts. @throws WarderError `bridge.too_large` */
export function checkOpening({ text }: RequestMessage): void {
  if (text.length > limits.openingBytes)
    throw new WarderError(
      'bridge.too_large',
      'The opening of the session is longer than Warder takes.',
    )
}

/** The answer to `initialize` in the place of a server that waits for a person: lists may change as soon as it is there. */
export function openWithoutServer(
  initialize: RequestMessage,
  server: string,
  reason: unknown,
): string {
  const result = {
    protocolVersion: ownRevision(initialize),
    ...notConnected(server, toWarderError(reason).message),
  }
  return `{"jsonrpc":"2.0","id":${initialize.id},"result":${JSON.stringify(result)}}`
}

/** What Warder says of a server that says nothing of itself yet. */
export const notConnected = (server: string, reason: string) => ({
  capabilities: {
    tools: { listChanged: true },
    resources: { listChanged: true },
    prompts: { listChanged: true },
  },
  serverInfo: { name: server, version: 'not connected' },
  instructions: `This server is not available yet: ${reason}`,
})

/** What tells a client that stayed to ask for the lists again. */
export const LISTS_CHANGED = ['tools', 'resources', 'prompts'].map(
  (list) => `{"jsonrpc":"2.0","method":"notifications/${list}/list_changed"}`,
)
