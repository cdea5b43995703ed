import path from 'node:path'
import { expect, it } from 'vitest'
import { isWarderError } from '../../main/errors.ts'
import { authorizationUrl } from '../../main/net/browser-url.ts'
import { checkUrl, type UrlField } from '../../main/net/url-policy.ts'
import { readEntries } from '../corpus/corpus.ts'

interface Entry {
  readonly id: string
  readonly field: UrlField
  readonly server_url: string
  readonly input: string
  readonly expect: 'accept' | 'reject'
  readonly allow_private_hosts?: boolean | readonly string[]
  /** What only dialling tells. */
  readonly dns?: unknown
  readonly redirects?: unknown
}

/** The corpus again, without browser and network: quick enough to be asked after each mutation of the policy. */
it('judges every URL of the corpus by its spelling and its host', async () => {
  const entries = await readEntries(path.join(import.meta.dirname, '../corpus/urls.json'))
  const judged = (entries as Entry[]).filter(({ dns, redirects }) => !dns && !redirects)
  expect(judged.length).toBeGreaterThan(170)
  expect(judged.filter((entry) => verdict(entry) !== entry.expect).map(({ id }) => id)).toEqual([])
})

function verdict(entry: Entry): 'accept' | 'reject' {
  const policy = {
    serverUrl: entry.server_url,
    allowPrivateNetwork: entry.allow_private_hosts ?? false,
  }
  try {
    checkUrl(entry.input, entry.field, policy)
    if (entry.field === 'authorization_endpoint') authorizationUrl(entry.input, {}, policy)
    return 'accept'
  } catch (error) {
    if (!isWarderError(error, 'net.url_refused')) throw error
    return 'reject'
  }
}
