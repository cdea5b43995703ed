import { z } from 'zod'
import { isWarderError, WarderError } from '../../../main/errors.ts'
import { createBrowser } from '../../../main/headless/browser.ts'
import { authorizationUrl, checkBrowserUrl } from '../../../main/net/browser-url.ts'
import { fetchDocument } from '../../../main/net/document.ts'
import { fieldRules } from '../../../main/net/url-fields.ts'
import { checkUrl, type UrlField, type UrlPolicy } from '../../../main/net/url-policy.ts'
import { openInBrowser } from '../../../main/oauth/browser.ts'
import type { Browser } from '../../../main/ports.ts'
import { type SystemBrowser, startSystemBrowser } from '../../harness/xdg-open/index.ts'
import { startStage } from '../../net/stage.ts'
import type { Outcome } from '../corpus.ts'

const addresses = z.union([z.array(z.string()), z.array(z.array(z.string()))])

export const entrySchema = z.looseObject({
  id: z.string(),
  field: z.enum(Object.keys(fieldRules) as [UrlField, ...UrlField[]]),
  server_url: z.string(),
  input: z.string(),
  expect: z.enum(['accept', 'reject']),
  dns: z.record(z.string(), addresses).default({}),
  redirects: z.array(z.string()).default([]),
  allow_private_hosts: z.union([z.boolean(), z.array(z.string())]).default(false),
  must_open_prefix: z.string().optional(),
  must_display_host: z.string().optional(),
})

export type Entry = z.output<typeof entrySchema>

/** What Warder appends to every authorization endpoint, more or less. */
const parameters = { response_type: 'code', client_id: 'warder', scope: 'files:read mail' }

/** A URL is judged by what the product did with it: which one the browser got, which address was dialled. */
export async function run(entries: readonly unknown[]): Promise<Outcome[]> {
  await using browser = await startSystemBrowser()
  const outcomes: Outcome[] = []
  for (const entry of entries) outcomes.push(await judge(entry, browser))
  return outcomes
}

async function judge(raw: unknown, browser: SystemBrowser): Promise<Outcome> {
  const { id } = raw as { id: string }
  const parsed = entrySchema.safeParse(raw)
  const reason = parsed.success
    ? await failure(parsed.data, browser)
    : `cannot be run: ${z.prettifyError(parsed.error)}`
  return reason === undefined ? { id, passed: true } : { id, passed: false, reason }
}

/** @returns why the entry did not pass */
async function failure(entry: Entry, browser: SystemBrowser): Promise<string | undefined> {
  const before = browser.opened.length
  try {
    await use(entry, createBrowser({ ...browser.env }, 'linux'))
  } catch (error) {
    if (!isWarderError(error, 'net.url_refused', 'net.address_refused')) return `broke: ${error}`
    if (browser.opened.length > before) return 'was opened, and then refused'
    return entry.expect === 'reject' ? undefined : `was refused: ${error.message}`
  }
  if (entry.expect === 'reject') return 'was accepted'
  return misread(entry, browser.opened.slice(before))
}

/** Opens or fetches a URL as the product does. @throws WarderError where the product refuses */
export async function use(entry: Entry, browser: Browser): Promise<void> {
  const policy: UrlPolicy = {
    serverUrl: entry.server_url,
    allowPrivateNetwork: entry.allow_private_hosts,
  }
  checkUrl(entry.input, entry.field, policy)
  if (entry.field === 'authorization_endpoint') {
    await openInBrowser(browser, authorizationUrl(entry.input, parameters, policy))
  }
  if (entry.field !== 'authorization_endpoint' || Object.keys(entry.dns).length > 0)
    await dial(entry, policy)
}

/** What is opened and shown has to be right, not just allowed. */
function misread(entry: Entry, opened: SystemBrowser['opened']): string | undefined {
  const { input, must_open_prefix: prefix = input, must_display_host: display } = entry
  const shown = checkBrowserUrl(input, {
    serverUrl: entry.server_url,
    allowPrivateNetwork: entry.allow_private_hosts,
  })
  if (shown.url !== prefix) return 'would be opened in another spelling'
  if (display !== undefined && shown.host !== display) return `would be shown as ${shown.host}`
  if (entry.field !== 'authorization_endpoint') return undefined
  const [vector = [], ...more] = opened
  if (more.length > 0 || vector.length !== 1) return 'was not handed over once, as one argument'
  return openedForms(entry).includes(vector[0] ?? '')
    ? undefined
    : 'reached the browser in another spelling'
}

/** What the browser may get, to the byte: the endpoint, a joint, our parameters. */
export function openedForms({ input, must_open_prefix: prefix = input }: Entry): string[] {
  const own = new URLSearchParams(parameters).toString()
  return [`${prefix}?${own}`, `${prefix}&${own}`, `${prefix}${own}`]
}

/** Fetches or posts as the field's user does, once for each answer that the resolver has ready. */
async function dial(entry: Entry, policy: UrlPolicy): Promise<void> {
  await using stage = await startStage(entry.dns, (_request, response, count) => {
    const location = entry.redirects[count - 1]
    response.writeHead(location === undefined ? 200 : 302, {
      'content-type': 'application/json',
      // Each request meets the resolver anew.
      connection: 'close',
      ...(location !== undefined && { location }),
    })
    response.end('{}')
  })
  for (let turn = 0; turn < turns(entry); turn++) {
    await request(entry, policy, stage.dialer.fetch(policy))
  }
}

function turns({ dns }: Entry): number {
  return Math.max(1, ...Object.values(dns).map((answers) => answers.filter(Array.isArray).length))
}

async function request(
  entry: Entry,
  policy: UrlPolicy,
  fetch: Parameters<typeof fetchDocument>[0],
): Promise<void> {
  if (fieldRules[entry.field].redirects || entry.redirects.length === 0)
    return void (await fetchDocument(fetch, entry.input, entry.field, policy))
  const response = await fetch(entry.input, { method: 'POST', body: 'grant_type=refresh_token' })
  await response.body?.cancel()
  // A redirect that was not followed is still here as an answer, and no answer to a token request.
  if (!response.ok) throw new WarderError('net.url_refused', `answered ${response.status}`)
}
