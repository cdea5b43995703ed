import type { IncomingMessage, ServerResponse } from 'node:http'
import { runProvider } from '../identity-provider/program.ts'
import { createAuth, type Lab } from './auth.ts'
import { devicePage, isDevicePage } from './device-pages.ts'
import { page } from './pages.ts'
import { settings } from './settings.ts'

const issuerPath = '/api/auth'

await runProvider({
  issuerPath,
  async create(origin) {
    const chosen = settings.parse(JSON.parse(process.env.PROVIDER_SETTINGS ?? '{}'))
    const lab = await createAuth(origin, chosen)
    return {
      handle: async (request, response, body) =>
        send(response, await answer(lab, request, body, origin)),
      async acceptResource(resource) {
        await lab.auth.api.adminCreateOAuthResource({
          headers: lab.administrator,
          body: { identifier: resource, name: 'MCP server' },
        })
      },
    }
  },
})

/** Metadata lies outside the path that better-auth serves (RFC 8414 §3.1), and so do the pages. */
async function answer(
  lab: Lab,
  request: IncomingMessage,
  body: Buffer,
  origin: string,
): Promise<Response> {
  const url = new URL(request.url ?? '/', origin)
  switch (url.pathname) {
    case `/.well-known/oauth-authorization-server${issuerPath}`:
      return Response.json(await lab.auth.api.getOAuthServerConfig())
    case `/.well-known/openid-configuration${issuerPath}`:
    case `${issuerPath}/.well-known/openid-configuration`:
      return Response.json(await lab.auth.api.getOpenIdConfig())
    case '/login':
    case '/consent':
      return new Response(await page(lab, request, url), {
        headers: { 'content-type': 'text/html' },
      })
    default:
      if (isDevicePage(url))
        return new Response(await devicePage(lab, request, url), {
          headers: { 'content-type': 'text/html' },
        })
      return lab.auth.handler(webRequest(request, url, body))
  }
}

function webRequest(request: IncomingMessage, url: URL, body: Buffer): Request {
  const { method = 'GET' } = request
  const headers = new Headers()
  for (const [name, values] of Object.entries(request.headersDistinct))
    for (const value of values ?? []) headers.append(name, value)
  const bodyless = method === 'GET' || method === 'HEAD'
  return new Request(url, { method, headers, ...(!bodyless && { body: new Uint8Array(body) }) })
}

async function send(response: ServerResponse, answer: Response): Promise<void> {
  const headers = new Map<string, string | string[]>(answer.headers)
  const cookies = answer.headers.getSetCookie()
  if (cookies.length > 0) headers.set('set-cookie', cookies)
  response.writeHead(answer.status, Object.fromEntries(headers))
  response.end(Buffer.from(await answer.arrayBuffer()))
}
