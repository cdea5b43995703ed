import * as oauth from 'oauth4webapi'
import { WarderError } from '../errors.ts'
import { asItself, type ServiceRequest, scopeParameter } from './client-credentials.ts'
import { askAsClient, type Tokens } from './token-requests.ts'
import { asClient, authentication, type Party, requestOptions } from './wire.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/**
 * Exchanges an access token for one that is good for another resource (RFC 8693 §2.1). The caller has seen to it that
 * `party` is the provider that issued the subject token.
 *
 * @throws WarderError as `requestClientCredentials`
 */
export function exchangeToken(
  party: Party,
  request: ServiceRequest & { readonly subjectToken: string },
  clock: () => number,
): Promise<Tokens> {
  const { subjectToken, resource, scopes } = request
  return asItself(() =>
    askAsClient(
      party,
      'the token exchange',
      () =>
        oauth.genericTokenEndpointRequest(
          party.provider,
          asClient(party),
          authentication(party),
          GRANT,
          {
            subject_token: subjectToken,
            subject_token_type: ACCESS_TOKEN,
            requested_token_type: ACCESS_TOKEN,
            // Whatever the provider's habits are: without it, what comes back could be good for the first server.
            resource,
            ...scopeParameter(scopes),
          },
          requestOptions(party),
        ),
      async (provider, client, response) =>
        checked(
          await oauth.processGenericTokenEndpointResponse(provider, client, response),
          subjectToken,
        ),
      clock,
    ),
  )
}

/** RFC 8693 §2.2.1. A provider that hands the subject token back would have us show it to the other server. */
function checked(body: oauth.TokenEndpointResponse, subjectToken: string) {
  if (body.issued_token_type !== ACCESS_TOKEN)
    throw refused('The provider did not say that it issued an access token (RFC 8693 §2.2.1).')
  if (body.access_token === subjectToken)
    throw refused('The provider gave back the token that it was to exchange.')
  return body
}

const refused = (message: string) => new WarderError('oauth.token_refused', message)
