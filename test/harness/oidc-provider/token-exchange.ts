import { errors, type Provider, type TokenRequest } from 'oidc-provider'
import validateDpop from 'oidc-provider/lib/helpers/validate_dpop.js'
import { resourceServer } from './configuration.ts'
import type { ProgramSettings } from './settings.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const parameters = [
  'subject_token',
  'subject_token_type',
  'requested_token_type',
  'resource',
  'scope',
]

/**
 * RFC 8693 in the place that the provider has for grant types of others: its own tokens, while they live, for the client
 * that got them or one that the settings name, and what is bound only with a proof of its key.
 */
export function registerTokenExchange(provider: Provider, settings: ProgramSettings): void {
  provider.registerGrantType(GRANT, (context) => exchange(provider, settings, context), parameters)
}

async function exchange(
  provider: Provider,
  settings: ProgramSettings,
  context: TokenRequest,
): Promise<void> {
  const { params, client } = context.oidc
  if (params.subject_token_type !== ACCESS_TOKEN || params.requested_token_type !== ACCESS_TOKEN)
    throw new errors.InvalidRequest('only access tokens are exchanged')
  const proof = await validateDpop(provider, context)
  const subject = await provider.AccessToken.find(params.subject_token ?? '')
  // RFC 8693 §2.2.2: whatever is wrong with the subject token is an invalid request.
  if (!subject?.isValid) throw new errors.InvalidRequest('the subject token is unknown or over')
  const { clientId } = client
  if (subject.clientId !== clientId && !settings.exchangers.includes(clientId))
    throw new errors.InvalidRequest('the subject token is of another client')
  if (subject.jkt !== undefined && subject.jkt !== proof?.thumbprint)
    throw new errors.InvalidDpopProof('the subject token is bound to another key')

  const target = params.resource ?? ''
  const granted = new Set(subject.scope?.split(' '))
  const scope = params.scope
    ?.split(' ')
    .filter((one) => granted.has(one))
    .join(' ')
  const { accountId } = subject
  // Its own, so that what ends the subject token does not end this one along with it.
  const grant = new provider.Grant({ accountId, clientId })
  grant.addResourceScope(target, scope ?? '')
  const grantId = await grant.save()
  const token = new provider.AccessToken({ accountId, grantId, client, gty: 'token_exchange' })
  token.resourceServer = new provider.ResourceServer(target, resourceServer(target, settings))
  token.scope = scope
  if (proof) token.setThumbprint('jkt', proof.thumbprint)
  context.body = {
    access_token: await token.save(),
    issued_token_type: ACCESS_TOKEN,
    token_type: token.tokenType,
    expires_in: token.expiration,
    scope: token.scope,
  }
}
