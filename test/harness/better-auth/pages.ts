import type { IncomingMessage } from 'node:http'
import { consentPage, loginPage } from '../identity-provider/pages.ts'
import type { Lab } from './auth.ts'

/** better-auth has no pages of its own; these post JSON to its endpoints, with the signed query they were opened with. */
export async function page(lab: Lab, request: IncomingMessage, url: URL): Promise<string> {
  if (url.pathname === '/login')
    return loginPage(
      { action: '/api/auth/sign-in/email' },
      script('email: data.get("email"), password: data.get("password")'),
    )
  const session = await lab.auth.api.getSession({
    headers: new Headers({ cookie: request.headers.cookie ?? '' }),
  })
  const clientId = url.searchParams.get('client_id') ?? ''
  return consentPage(
    {
      action: '/api/auth/oauth2/consent',
      client: lab.clientName(clientId) ?? clientId,
      account: session?.user.email ?? '',
      scopes: (url.searchParams.get('scope') ?? '').split(' '),
    },
    script('accept: data.get("decision") === "allow", scope: data.getAll("scope").join(" ")'),
  )
}

/** @param members JavaScript: the members of the body beside the signed query */
function script(members: string): string {
  return `
    const form = document.querySelector('form')
    form.addEventListener('submit', async (event) => {
      event.preventDefault()
      const data = new FormData(form, event.submitter)
      const response = await fetch(form.action, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ${members}, oauth_query: location.search.slice(1) }),
      })
      const answer = await response.json()
      if (answer.url) location.assign(answer.url)
      else document.querySelector('h1').after(answer.message ?? answer.error_description ?? 'Refused.')
    })`
}
