import * as oauth from 'oauth4webapi'
import { WarderError } from '../errors.ts'
import type { BrowserUrl } from '../net/browser-url.ts'
import { checkUrl, type UrlPolicy } from '../net/url-policy.ts'
import type { ProviderProfile } from '../store/config-schema.ts'
import type { Provider } from './metadata.ts'
import { asking, bearerOf, NO_ID_TOKEN, providerError, type Tokens } from './token-requests.ts'
import { asClient, authentication, type Party, requestOptions, resourceParameter } from './wire.ts'

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

/** What the provider gave for one sign-in by code (RFC 8628 §3.2), judged. */
export interface DeviceCode {
  /** Secret: whoever holds it gets the tokens. */
  readonly deviceCode: string
  /** For the person to type. */
  readonly userCode: string
  /** Where to type it. */
  readonly page: BrowserUrl
  /** The same with the code in it, for a person who would rather not type; null where there is none on that host. */
  readonly complete: string | null
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** Milliseconds between two requests for the tokens. */
  readonly interval: number
}

/** A person does not take longer; what a provider claims beyond is not waited for. */
const LONGEST_MS = 1_800_000
/** RFC 8628 §3.2: where the provider does not say. */
const USUAL_INTERVAL_S = 5

/** Printable ASCII without a space at its ends: it is shown on a terminal and a page, and typed by a person. */
const userCodeText = /^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/
const deviceCodeText = /^[\x20-\x7e]{1,8192}$/

/** RFC 8628 §4; a provider that lists its grant types has to list this one too. */
export function offersDeviceFlow(provider: Provider): boolean {
  return (
    provider.device_authorization_endpoint !== undefined &&
    (provider.grant_types_supported?.includes(deviceGrant) ?? true)
  )
}

/** @throws WarderError `oauth.device_unsupported` */
export function requireDeviceFlow(provider: Provider): void {
  if (offersDeviceFlow(provider)) return
  throw new WarderError(
    'oauth.device_unsupported',
    `The identity provider ${provider.issuer} offers no sign-in by code.`,
  )
}

/** What the profile adds to the request: only what says whom the token is for. */
export function deviceParameters(
  { quirks, audience }: ProviderProfile,
  resource: string,
): Record<string, string> {
  return quirks.includes('audience-parameter') ? { audience: audience ?? resource } : {}
}

/**
 * Asks for a code (RFC 8628 §3.1, RFC 8707 §2). There is no redirect, and so neither state nor PKCE.
 *
 * @throws WarderError `net.url_refused` for a page that may not be opened, `oauth.token_refused`,
 *   `oauth.provider_unavailable`, `net.*`
 */
export async function requestDeviceCode(
  party: Party,
  request: {
    readonly resource: string
    readonly scopes: readonly string[]
    readonly further: Readonly<Record<string, string>>
  },
  clock: () => number,
): Promise<DeviceCode> {
  const client = asClient(party)
  const { scopes, resource, further } = request
  try {
    const response = await oauth.deviceAuthorizationRequest(
      party.provider,
      client,
      authentication(party),
      {
        ...further,
        ...resourceParameter(party, resource),
        ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
      },
      requestOptions(party),
    )
    const answer = await oauth.processDeviceAuthorizationResponse(party.provider, client, response)
    return judge(answer, party.policy, clock)
  } catch (error) {
    throw providerError(error, 'to begin a sign-in by code')
  }
}

function judge(
  answer: oauth.DeviceAuthorizationResponse,
  policy: UrlPolicy,
  clock: () => number,
): DeviceCode {
  if (!userCodeText.test(answer.user_code))
    throw unusable('The provider gave a code that cannot be shown and typed.')
  if (!deviceCodeText.test(answer.device_code))
    throw unusable('The provider gave a device code that cannot be used.')
  const { href: url, host } = checkUrl(answer.verification_uri, 'verification_uri', policy)
  const lasts = Math.min(answer.expires_in * 1000, LONGEST_MS)
  return {
    deviceCode: answer.device_code,
    userCode: answer.user_code,
    page: { url, host },
    complete: completeOn(host, answer, policy),
    expiresAt: clock() + lasts,
    interval: Math.min((answer.interval ?? USUAL_INTERVAL_S) * 1000, LONGEST_MS),
  }
}

/** The person is told one host: a link to another one is left out, one that the policy refuses ends the sign-in. */
function completeOn(
  host: string,
  answer: oauth.DeviceAuthorizationResponse,
  policy: UrlPolicy,
): string | null {
  const { verification_uri_complete: raw } = answer
  if (raw === undefined || isPageWithCode(raw, answer)) return raw ?? null
  const url = checkUrl(raw, 'verification_uri_complete', policy)
  return url.host === host ? url.href : null
}

/**
 * Some call the person's code `code`, as OAuth calls another one (glewlwyd). The page has been judged; a code of plain
 * letters and digits adds no request of somebody else's to it.
 */
const isPageWithCode = (
  raw: string,
  { verification_uri: page, user_code: code }: oauth.DeviceAuthorizationResponse,
) => /^[A-Za-z0-9-]+$/.test(code) && !page.includes('?') && raw === `${page}?code=${code}`

/**
 * Asks once for the tokens of a device code (RFC 8628 §3.4), at the token endpoint that was discovered.
 *
 * @throws WarderError `oauth.token_refused` with the provider's code in `details.error` (`authorization_pending`, …),
 *   `oauth.provider_unavailable`, `net.*`
 */
export function redeemDeviceCode(
  party: Party,
  deviceCode: string,
  resource: string,
  clock: () => number,
): Promise<Tokens> {
  return asking('the sign-in', party, async () => {
    const client = asClient(party)
    const response = await oauth.deviceCodeGrantRequest(
      party.provider,
      client,
      authentication(party),
      deviceCode,
      { ...requestOptions(party), additionalParameters: resourceParameter(party, resource) },
    )
    const body = await oauth.processDeviceCodeResponse(party.provider, client, response)
    const bearer = bearerOf(party, body, clock)
    if (bearer === null) throw unusable(NO_ID_TOKEN)
    return bearer
  })
}

const unusable = (message: string) => new WarderError('oauth.token_refused', message)
