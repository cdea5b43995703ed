import { z } from 'zod'
import { isWarderError, WarderError } from '../errors.ts'
import { checkUrl } from '../net/url-policy.ts'
import { deviceGrant } from './device.ts'
import { placeOf } from './redirect-uri.ts'
import { clientMetadataDocument } from './registration.ts'

/** Authorization servers may stop reading there. */
const LARGEST_BYTES = 5 * 1024

const published = z.looseObject({
  client_id: z.string(),
  client_name: z.string().min(1),
  redirect_uris: z.array(z.string()).min(1),
  grant_types: z.array(z.enum(['authorization_code', deviceGrant, 'refresh_token'])).min(1),
  response_types: z.array(z.literal('code')).length(1),
  application_type: z.literal('native'),
  // The document is public, so no shared secret can be agreed on by it.
  token_endpoint_auth_method: z.literal('none'),
})

/**
 * The client ID metadata document of Warder, to be published at `url` byte for byte.
 *
 * @throws WarderError `cimd.unusable`
 */
export function clientDocument(url: string): Record<string, unknown> {
  const document = clientMetadataDocument(url)
  const problem = clientDocumentProblem(document, url)
  if (problem === null) return document
  throw new WarderError('cimd.unusable', `No provider would take ${url} for a client: ${problem}.`)
}

/**
 * Judges a client ID metadata document as a provider does that finds it at `url`
 * (draft-ietf-oauth-client-id-metadata-document-00 §3 and §4.1).
 *
 * @returns what is wrong with it; null where nothing is
 */
export function clientDocumentProblem(document: unknown, url: string): string | null {
  const parsed = published.safeParse(document)
  if (!parsed.success)
    return `its ${parsed.error.issues[0]?.path.join('.') || 'text'} is not what is asked for`
  const { client_id: clientId, redirect_uris: redirectUris } = parsed.data
  if (clientId !== url) return 'its client_id is not the URL that it lies at'
  if (Object.keys(parsed.data).some((member) => member.startsWith('client_secret')))
    return 'it holds a secret'
  if (Buffer.byteLength(JSON.stringify(document)) > LARGEST_BYTES) return 'it is larger than 5 kB'
  return refusal(() => {
    // As in a sign-in: it is the user's own and nobody here dials it, so it may lie in a private network.
    checkUrl(url, 'client_id', { serverUrl: url, allowPrivateNetwork: true })
    for (const uri of redirectUris) placeOf(uri)
  })
}

function refusal(check: () => void): string | null {
  try {
    check()
    return null
  } catch (error) {
    if (isWarderError(error)) return error.message.replace(/\.$/, '')
    throw error
  }
}
