import type { ErrorCode, WarderError } from '../errors.ts'
import { refusal } from './refusal.ts'
import type { House, Session } from './types.ts'

/** What a person mends on Warder's own page. */
const MENDED_THERE: ReadonlySet<ErrorCode> = new Set([
  'grant.sign_in_needed',
  'grant.scopes_needed',
  'grant.frozen',
])

/**
 * A refusal as {@link refusal}. Where a person can mend it, it also says where: `data.link` is Warder's own page for the
 * server, which asks for its login as always, or null where the page has no address. Never a provider's URL: who reads
 * this is a program, and a sign-in is started by a person.
 */
export async function refusalFor(
  idText: string,
  error: WarderError,
  session: Session,
  house: House,
): Promise<string> {
  if (!MENDED_THERE.has(error.code)) return refusal(idText, error)
  const server = serverOf(error) ?? session.server
  const link = await house.pageOf(server)
  if (link === null)
    return refusal(idText, error, {
      link,
      message: `${error.message} Or open Warder and sign in there.`,
    })
  const mend = { link, message: `${error.message} Or sign in at ${link}` }
  const elicitationId = session.elicitation(server)
  if (elicitationId === null) return refusal(idText, error, mend)
  const message = `Sign in to ${server} on Warder's own page on this computer.`
  const elicitations = [{ mode: 'url', elicitationId, url: link, message }] as const
  return refusal(idText, error, { ...mend, elicitations })
}

/** MCP 2025-11-25, Elicitation, Completion Notifications for URL Mode. */
export const elicitationComplete = (elicitationId: string) =>
  JSON.stringify({
    jsonrpc: '2.0',
    method: 'notifications/elicitation/complete',
    params: { elicitationId },
  })

function serverOf({ details }: WarderError): string | null {
  return typeof details?.server === 'string' ? details.server : null
}
