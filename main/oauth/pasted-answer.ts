import { type ErrorCode, WarderError } from '../errors.ts'
import { type ExpectedAnswer, type Genuine, judgeAnswer, type Refusal } from './callback-answer.ts'

/** As much as the listener reads of a request's head. */
const LONGEST = 16_384

/**
 * Judges what a person pasted for the address that their browser ended at. It goes by the rules of the listener: exactly
 * the redirect URI, then `state`, then `iss`. Nothing of the text is ever repeated: it may hold a code.
 *
 * @throws WarderError `oauth.paste_refused`, `oauth.state_mismatch`, `oauth.issuer_mismatch`
 */
export function judgePasted(text: string, redirectUri: string, expected: ExpectedAnswer): Genuine {
  const address = text.trim()
  if (address.length > LONGEST) throw refused('That is too long for an address.')
  if (!/^[\x21-\x7e]+$/.test(address))
    throw refused(
      address === '' ? 'That is empty.' : 'That is no address: it holds spaces or line breaks.',
    )
  // A browser sends no fragment, so the listener would not see one either.
  const [request = ''] = address.split('#', 1)
  const mark = request.indexOf('?')
  if (mark < 0 || request.slice(0, mark) !== redirectUri)
    throw refused(`${misplaced(request, redirectUri)} ${wanted(redirectUri)}`)
  const verdict = judgeAnswer(request.slice(mark + 1), expected)
  if (verdict.kind !== 'refuse') return verdict
  const [code, sentence] = refusals[verdict.why]
  throw new WarderError(code, `${sentence} Nothing was accepted; the sign-in still waits.`)
}

const refusals: Record<Refusal, [ErrorCode, string]> = {
  none: [
    'oauth.paste_refused',
    'That address holds no answer that can be read: copy it once more, from its beginning to its end.',
  ],
  state: ['oauth.state_mismatch', 'That is the answer to another sign-in.'],
  issuer: ['oauth.issuer_mismatch', 'That answer comes from another identity provider.'],
}

const refused = (sentence: string) => new WarderError('oauth.paste_refused', sentence)

/** The place of the redirect URI is no secret: it is what the person looks for. */
const wanted = (redirectUri: string) =>
  `Paste the whole address of the page that the browser ends at: it begins with ${redirectUri}?`

/** What people paste instead, in a sentence. */
function misplaced(address: string, redirectUri: string): string {
  const url = /^https?:\/\//i.test(address) ? URL.parse(address) : null
  if (url === null) return 'That is only a part of the address, or none.'
  if (['client_id', 'response_type', 'request_uri'].some((name) => url.searchParams.has(name)))
    return 'That is the link to sign in with: open it and finish there first.'
  const { hostname } = new URL(redirectUri)
  if (url.hostname !== hostname) return 'That is a page of another site.'
  return url.search === ''
    ? 'That address holds no answer.'
    : 'That address is not the one that this sign-in waits at.'
}
