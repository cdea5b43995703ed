import type { SignIn } from '../../../main/oauth/types.ts'
import type { ScriptedProvider } from './scripted-provider.ts'

/** The ID token comes straight from the token endpoint, so its signature is not what vouches for it (Core §3.1.3.7). */
export function idToken(
  provider: ScriptedProvider,
  signIn: SignIn,
  claims: Record<string, unknown>,
) {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const request = new URL(signIn.url).searchParams
  const now = Math.floor(Date.now() / 1000)
  const standard = {
    iss: provider.origin,
    aud: request.get('client_id'),
    sub: 'user-1',
    nonce: request.get('nonce'),
    iat: now,
    exp: now + 60,
  }
  return `${part({ alg: 'RS256' })}.${part({ ...standard, ...claims })}.c2lnbmF0dXJl`
}
