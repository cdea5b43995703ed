import type { ResponseMessage } from '../envelope.ts'
import { SESSION_REVISIONS } from '../opening.ts'
import { METHOD_NOT_FOUND } from '../refusal.ts'

/** The revision without sessions: each request stands alone. */
export const MODERN = '2026-07-28'

/** How a server speaks: with sessions that `initialize` opens, or statelessly. */
export type Era = 'session' | 'stateless'

/** The errors that only a server of the stateless era knows (MCP 2026-07-28, basic, Error Codes). */
const MODERN_ERRORS = {
  headerMismatch: -32020,
  missingCapability: -32021,
  unsupportedVersion: -32022,
}
export const {
  headerMismatch: HEADER_MISMATCH,
  missingCapability: MISSING_CAPABILITY,
  unsupportedVersion: UNSUPPORTED_VERSION,
} = MODERN_ERRORS

/**
 * What an answer to `server/discover` says of its server. One that has both eras is spoken to as the client speaks.
 *
 * @param speaks how that is
 * @returns `other` for a server with neither our revisions nor the session's; null for an answer that any server of the
 *   session's era might give
 */
export function eraOf(
  answer: ResponseMessage,
  speaks: Era = 'session',
): Era | 'other' | 'again' | null {
  const code = codeOf(answer)
  const supported =
    answer.result?.member('supportedVersions') ??
    (code === MODERN_ERRORS.unsupportedVersion
      ? answer.error?.member('data')?.member('supported')
      : undefined)
  const revisions = supported?.elements().map((one) => one.string() ?? '') ?? []
  if (supported?.kind === 'array') {
    const modern = revisions.includes(MODERN)
    const sessions = SESSION_REVISIONS.some((revision) => revisions.includes(revision))
    if (sessions && !(modern && speaks === 'stateless')) return 'session'
    if (!modern) return 'other'
    // It lists what was asked for and refused it all the same: once more, as the revision tells.
    return answer.result === undefined ? 'again' : 'stateless'
  }
  return code !== undefined && Object.values(MODERN_ERRORS).includes(code) ? 'stateless' : null
}

/** What only a server without sessions answers to `initialize`. */
export const knowsNoSessions = (refusal: ResponseMessage): boolean => {
  const era = eraOf(refusal)
  return era === 'stateless' || era === 'again' || codeOf(refusal) === METHOD_NOT_FOUND
}

export const codeOf = ({ error }: ResponseMessage) => error?.member('code')?.number()
