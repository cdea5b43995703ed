import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Grant, Interaction, Provider } from 'oidc-provider'
import { consentPage, loginPage } from '../identity-provider/pages.ts'
import { accountPassword, accounts } from '../identity-provider/types.ts'

/** Sign-in and consent, since the provider's own development pages load a font from the internet. */
export async function interact(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): Promise<void> {
  const interaction = await provider.interactionDetails(request, response)
  if (request.method !== 'POST') return send(response, await prompt(provider, interaction))
  const form = new URLSearchParams(body.toString())
  const result =
    interaction.prompt.name === 'login' ? login(form) : await consent(provider, interaction, form)
  if (result) await provider.interactionFinished(request, response, result)
  else send(response, loginForm(interaction, 'E-mail or password is wrong.'))
}

async function prompt(provider: Provider, interaction: Interaction): Promise<string> {
  if (interaction.prompt.name === 'login') return loginForm(interaction)
  const client = await provider.Client.find(interaction.params.client_id)
  return consentPage({
    action: `/interaction/${interaction.uid}`,
    client: client?.clientName ?? interaction.params.client_id,
    account: interaction.session?.accountId ?? '',
    scopes: missing(interaction).map(({ scope }) => scope),
  })
}

const loginForm = ({ uid }: Interaction, message = '') =>
  loginPage({ action: `/interaction/${uid}`, message })

function login(form: URLSearchParams): Record<string, unknown> | undefined {
  const email = form.get('email')
  const known = Object.values<string | null>(accounts).includes(email)
  return known && form.get('password') === accountPassword
    ? { login: { accountId: email } }
    : undefined
}

async function consent(
  provider: Provider,
  interaction: Interaction,
  form: URLSearchParams,
): Promise<Record<string, unknown>> {
  if (form.get('decision') !== 'allow')
    return { error: 'access_denied', error_description: 'The person said no.' }
  const grant = await grantOf(provider, interaction)
  const chosen = new Set(form.getAll('scope'))
  for (const { scope, resource } of missing(interaction))
    record(grant, scope, resource, chosen.has(scope))
  return { consent: { grantId: await grant.save() } }
}

async function grantOf(provider: Provider, interaction: Interaction): Promise<Grant> {
  const existing = interaction.grantId && (await provider.Grant.find(interaction.grantId))
  return (
    existing ||
    new provider.Grant({
      accountId: interaction.session?.accountId ?? '',
      clientId: interaction.params.client_id,
    })
  )
}

function missing({ prompt: { details } }: Interaction): { scope: string; resource?: string }[] {
  const own = (details.missingOIDCScope ?? []).map((scope) => ({ scope }))
  const resources = Object.entries(details.missingResourceScopes ?? {})
  return [
    ...own,
    ...resources.flatMap(([resource, scopes]) => scopes.map((scope) => ({ scope, resource }))),
  ]
}

/** What a person left out is recorded too, or the provider would ask again. */
function record(grant: Grant, scope: string, resource: string | undefined, allowed: boolean): void {
  if (resource && allowed) grant.addResourceScope(resource, scope)
  else if (resource) grant.rejectResourceScope(resource, scope)
  else if (allowed) grant.addOIDCScope(scope)
  else grant.rejectOIDCScope(scope)
}

function send(response: ServerResponse, html: string): void {
  response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'no-store' }).end(html)
}
