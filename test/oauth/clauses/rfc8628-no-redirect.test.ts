import { expect, it } from 'vitest'
import { openDeviceWorld } from '../support/device.ts'
import { serverAt } from '../support/house.ts'

it.each([
  ['says nothing of PKCE', { code_challenge_methods_supported: undefined }],
  ['offers plain only', { code_challenge_methods_supported: ['plain'] }],
  [
    'has no authorization endpoint',
    { authorization_endpoint: undefined, response_types_supported: [] },
  ],
])(
  'by code there is no redirect to protect (RFC 8628): a provider that %s is taken, and renews',
  async (_what, changes) => {
    await using world = await openDeviceWorld({}, changes)
    const { house, provider } = world
    const signIn = await house.grants.connect(serverAt(provider.serverUrl), { method: 'device' })
    const grant = await signIn.completed
    expect(grant.state).toBe('connected')
    await house.restart()
    await house.grants.accessToken('notes')
    expect(provider.to('/token').at(-1)?.form.get('grant_type')).toBe('refresh_token')
    // The same provider in the browser is refused as ever.
    await expect(house.grants.connect(serverAt(provider.serverUrl))).rejects.toMatchObject({
      code: expect.stringMatching(/^oauth\.(pkce_unsupported|metadata_invalid)$/),
    })
  },
)
