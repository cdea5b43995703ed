import { describe, expect, it } from 'vitest'
import { clientSuites, runSuite, type Suite } from './client.ts'
import { shortcomings } from './report.ts'

/** One scenario of each kind; all of them run in the long tier, and by `npm run conformance`. */
const kinds = [
  'tools_call',
  'request-metadata',
  'http-standard-headers',
  'http-custom-headers',
  'http-invalid-tool-headers',
  'sep-2322-client-request-state',
  'auth/metadata-var3',
  'auth/scope-step-up',
  'auth/scope-retry-limit',
  'auth/token-endpoint-auth-post',
  'auth/pre-registration',
  'auth/authorization-server-migration',
  'auth/iss-wrong-issuer',
  'auth/dpop',
  'auth/dpop-nonce',
  'auth/client-credentials-basic',
  'auth/client-credentials-jwt',
]

describe('the official suite, at the shipped Warder', () => {
  it.each(kinds)('finds nothing wrong in %s', async (name) => {
    const suite = await suiteWith(name)
    const [result] = await runSuite(suite, [name])
    expect(result?.checks.map(({ status }) => status)).toContain('SUCCESS')
    expect(result && shortcomings(result)).toEqual([])
  })
})

/** @throws Error where the suite has no such scenario any more */
async function suiteWith(name: string): Promise<Suite> {
  for (const suite of clientSuites)
    if ((await suite.scenarios()).some((scenario) => scenario.name === name)) return suite
  throw new Error(`No suite requires ${name}.`)
}
