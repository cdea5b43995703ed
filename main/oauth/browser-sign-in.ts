import { type SignInPage, type SignInRequest, signInPage } from './authorization.ts'
import type { CallbackListener } from './callback.ts'
import { exchangeCode } from './token-requests.ts'
import type { Way } from './way.ts'
import type { Party } from './wire.ts'

const LIFETIME_MS = 600_000

/**
 * A sign-in that ends with a redirect, to the listener or pasted (RFC 6749 §4.1).
 *
 * @param secret is handed what must be masked from here on
 * @throws as {@link signInPage}
 */
export async function beginInBrowser(
  party: Party,
  request: SignInRequest,
  listener: CallbackListener,
  clock: () => number,
  secret: (name: string, value: string) => void,
): Promise<Way> {
  const page = await signInPage(party, request, clock)
  const expiresAt = clock() + LIFETIME_MS
  const issAdvertised = party.provider.authorization_response_iss_parameter_supported === true
  secret('verifier', request.verifier)
  return {
    page,
    expiresAt,
    linkExpiresAt: page.expiresAt,
    device: null,
    ...pages(page, () => signInPage(party, request, clock), clock),
    async tokens() {
      const answer = await listener.wait({ ...request, issAdvertised }, expiresAt)
      secret('code', answer.get('code') ?? '')
      return exchangeCode(party, { ...request, answer }, clock)
    },
    answer: listener.paste,
    cancel: listener.cancel,
  }
}

/**
 * A pushed request is good for one opening and for a short while (RFC 9126 §2.2 and §7.3): for a person who comes late,
 * or again, it is pushed anew. State, verifier and nonce stay: they are the sign-in's, which is still the same.
 */
function pages(
  first: SignInPage,
  anew: () => Promise<SignInPage>,
  clock: () => number,
): Pick<Way, 'pageToOpen' | 'freshPage'> {
  const { expiresAt } = first
  if (expiresAt === null) return { pageToOpen: async () => first, freshPage: async () => first }
  let unused = true
  return {
    async pageToOpen() {
      const page = unused && clock() < expiresAt ? first : await anew()
      unused = false
      return page
    },
    freshPage() {
      unused = false
      return anew()
    },
  }
}
