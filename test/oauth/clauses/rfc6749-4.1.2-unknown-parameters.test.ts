import { expect, it } from 'vitest'
import { answerTo, openHouse, serverAt } from '../support/house.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 6749 §4.1.2: parameters that nobody knows are ignored; §3.1: one of ours twice is no answer. */

const answered = async (more: string) => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  const page = await fetch(`${answerTo(signIn, { code: 'the-code', iss: provider.origin })}${more}`)
  if (page.status === 200) await signIn.completed
  else signIn.cancel()
  return {
    status: page.status,
    redeemed: provider.to('/token').map(({ form }) => [...form.keys()]),
  }
}

it('unknown ones are ignored, and go no further', async () => {
  const { status, redeemed } = await answered('&session_state=1&prompt=none&x=1&x=2&resource=evil')
  expect(status).toBe(200)
  expect(redeemed).toHaveLength(1)
  expect(redeemed[0]).not.toContain('session_state')
  expect(redeemed[0]?.filter((name) => name === 'resource')).toHaveLength(1)
})

it.each(['&code=other', '&state=other', '&iss=other'])(
  '%s once more is no answer',
  async (more) => {
    expect(await answered(more)).toEqual({ status: 400, redeemed: [] })
  },
)
