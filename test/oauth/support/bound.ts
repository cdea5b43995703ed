import { readProof } from '../../harness/dpop-proof.ts'
import { type ScriptedProvider, startScriptedProvider } from './scripted-provider.ts'

export const RESOURCE_METADATA = '/.well-known/oauth-protected-resource/mcp'
export const PROVIDER_METADATA = '/.well-known/oauth-authorization-server'

/** A server and its provider that both want tokens bound to a key, and do it right. */
export async function startBoundProvider(): Promise<ScriptedProvider> {
  const provider = await startScriptedProvider()
  const { answers } = provider
  let issued = 0
  answers.set(RESOURCE_METADATA, () => ({
    body: provider.resourceMetadata({ dpop_bound_access_tokens_required: true }),
  }))
  answers.set(PROVIDER_METADATA, () => ({
    body: provider.metadata({ dpop_signing_alg_values_supported: ['ES256'] }),
  }))
  answers.set('/token', async ({ headers }) => {
    await readProof(headers.dpop)
    return tokens('DPoP', ++issued)
  })
  return provider
}

export const tokens = (type: string, issued: number | string = 1) => ({
  body: {
    access_token: `access-token-${issued}`,
    token_type: type,
    expires_in: 3600,
    refresh_token: `refresh-token-${issued}`,
  },
})

export const wantsNonce = (nonce: string) => ({
  status: 400,
  headers: { 'dpop-nonce': nonce },
  body: { error: 'use_dpop_nonce' },
})
