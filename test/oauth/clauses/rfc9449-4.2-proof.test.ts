import { expect, it } from 'vitest'
import { createDpopKey, openDpop } from '../../../main/oauth/dpop.ts'
import { readProof, tokenHash } from '../../harness/dpop-proof.ts'

const now = 1_795_000_000_000
const url = 'https://mcp.example.test/mcp?tenant=a#part'

async function proofOf(method = 'POST', key = createDpopKey()) {
  const { authorization, dpop } = await openDpop(key, () => now)
    .bind('the-token')
    .headers(method, url)
  return { authorization, proof: await readProof(dpop) }
}

it('says what it is for: method, URL without query and fragment, token, time of our clock', async () => {
  const { authorization, proof } = await proofOf('DELETE')
  expect(authorization).toBe('DPoP the-token')
  expect(proof.alg).toBe('ES256')
  expect(proof.claims).toEqual({
    htm: 'DELETE',
    htu: 'https://mcp.example.test/mcp',
    ath: tokenHash('the-token'),
    iat: now / 1000,
    jti: expect.stringMatching(/^[\w-]{20,}$/),
  })
})

it('shows the public half of the key and nothing of the private one', async () => {
  const key = createDpopKey()
  const { proof } = await proofOf('POST', key)
  const { d: _, ...rest } = key
  expect(proof.jwk).toEqual(rest)
})

it('is another one for each request', async () => {
  const bound = openDpop(createDpopKey(), () => now).bind('the-token')
  const proofs = await Promise.all(
    Array.from({ length: 50 }, async () => readProof((await bound.headers('POST', url)).dpop)),
  )
  expect(new Set(proofs.map(({ claims }) => claims.jti)).size).toBe(50)
})

it('has a key of its own for each grant', () => {
  expect(createDpopKey().d).not.toBe(createDpopKey().d)
})
