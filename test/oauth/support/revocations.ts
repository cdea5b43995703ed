import type { Receipt, ReceiptStep } from '../../../main/oauth/types.ts'
import { connectTo, type House } from './house.ts'
import type { Received, ScriptedProvider } from './scripted-provider.ts'

/** What the provider's metadata adds to the usual. */
export function announce(provider: ScriptedProvider, changes: Record<string, unknown>): void {
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    body: provider.metadata(changes),
  }))
}

/** An introspection endpoint (RFC 7662) that answers `active` to what this says. */
export function introspects(
  provider: ScriptedProvider,
  active: (request: Received) => unknown,
): void {
  announce(provider, { introspection_endpoint: `${provider.origin}/introspect` })
  provider.answers.set('/introspect', (request) => ({ body: { active: active(request) } }))
}

/** Signs in and revokes. */
export async function revokeAt(house: House, provider: ScriptedProvider): Promise<Receipt> {
  const { id } = await connectTo(house, provider.serverUrl)
  return house.grants.revoke(id, 'by the test')
}

export const stepOf = (receipt: Receipt, name: ReceiptStep['step']) =>
  receipt.steps.find(({ step }) => step === name)

export const wasRevoked = (provider: ScriptedProvider, token: string | null | undefined) =>
  provider.to('/revoke').some(({ form }) => form.get('token') === token)

/** The tokens that the revocation endpoint was shown, in order. */
export const shown = (provider: ScriptedProvider) =>
  provider.to('/revoke').map(({ form }) => form.get('token'))

/** What happens in the house when the wait until the next attempt is over. */
export async function nextAttempt(house: House): Promise<Receipt> {
  await house.restart()
  house.time.now += 86_400_000
  const settled = house.receipt()
  house.grants.start()
  return settled
}
