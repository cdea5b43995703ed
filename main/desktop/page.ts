import { pageHeaders } from '../headless/page-headers.ts'
import type { UiFiles } from '../headless/ui-files.ts'

/** The window's page has an origin of its own: `file://` would give it the rights of every local file. */
export const PAGE_SCHEME = 'app'
export const PAGE_ORIGIN = `${PAGE_SCHEME}://warder`
/** That of the window that asks for the passphrase: another one, so that the page cannot reach into it. */
export const VAULT_ORIGIN = `${PAGE_SCHEME}://vault`

/** No network: the page reaches the companion by IPC alone. */
const headers = pageHeaders("'none'")

/** Answers a request for a file of the renderer; anything else is 404, whatever the reason. */
export function answerPage(files: UiFiles, request: Pick<Request, 'method' | 'url'>): Response {
  const file = request.method === 'GET' ? find(files, request.url) : undefined
  if (file === undefined) return new Response(null, { status: 404, headers })
  const body = typeof file.body === 'string' ? file.body : new Uint8Array(file.body)
  return new Response(body, { headers: { ...headers, 'content-type': file.type } })
}

function find(files: UiFiles, url: string): { type: string; body: string | Buffer } | undefined {
  // Node gives a scheme it does not know the origin "null", so the origin is compared as text.
  const origin = [PAGE_ORIGIN, VAULT_ORIGIN].find((ours) => url.startsWith(`${ours}/`))
  if (origin === undefined) return undefined
  const path = new URL(url).pathname
  if (path !== '/') return files.find(path)
  const body = origin === PAGE_ORIGIN ? files.page() : files.vault
  return { type: 'text/html; charset=utf-8', body }
}
