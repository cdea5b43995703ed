import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { runProvider } from '../identity-provider/program.ts'
import { administer } from './administration.ts'
import { installGlewlwyd } from './installation.ts'
import { settings } from './settings.ts'

const issuerPath = '/api/oidc'

// Killed without this, it would leave its child and its folder behind.
process.once('SIGTERM', () => process.exit(0))

await runProvider({
  issuerPath,
  async create(origin) {
    const chosen = settings.parse(JSON.parse(process.env.PROVIDER_SETTINGS ?? '{}'))
    const glewlwyd = await installGlewlwyd(origin)
    const { acceptResource } = await administer(glewlwyd, `${origin}${issuerPath}`, chosen)
    return {
      acceptResource,
      handle: (request, response, body) => forward(glewlwyd.origin, request, response, body),
    }
  },
})

/** In one piece, so that the journal can read the answer. */
function forward(
  origin: string,
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): void {
  const upstream = httpRequest(new URL(url ?? '/', origin), { method, headers })
  upstream.on('response', async (answer) => {
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk as Buffer)
    response.writeHead(answer.statusCode ?? 502, withoutFraming(answer.headers))
    response.end(Buffer.concat(chunks))
  })
  upstream.on('error', () => response.destroy())
  upstream.end(body)
}

function withoutFraming({
  'transfer-encoding': _chunked,
  connection: _hop,
  ...headers
}: IncomingMessage['headers']) {
  return headers
}
