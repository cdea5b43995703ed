import { expect, it } from 'vitest'
import { allow, answerTo, openHouse, serverAt } from '../support/house.ts'
import { announce } from '../support/revocations.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** RFC 9207 §2.4 and the table in MCP: `iss` is there where it was announced, and the issuer that was asked, as a string. */

async function waiting(announced: boolean) {
  const stack = new AsyncDisposableStack()
  const provider = stack.use(await startScriptedProvider())
  const house = stack.use(await openHouse())
  announce(provider, { authorization_response_iss_parameter_supported: announced })
  const signIn = await house.grants.connect(serverAt(provider.serverUrl))
  const answer = async (parameters: Record<string, string>) => {
    const page = await fetch(answerTo(signIn, parameters))
    return { status: page.status, text: await page.text() }
  }
  return { provider, signIn, answer, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

it.each<[string, boolean, (origin: string) => Record<string, string>]>([
  ['no iss, though it was announced', true, () => ({ code: 'c' })],
  ['another issuer', true, () => ({ code: 'c', iss: 'https://evil.example' })],
  ['another issuer, not announced', false, () => ({ code: 'c', iss: 'https://evil.example' })],
  ['a slash too many', true, (origin) => ({ code: 'c', iss: `${origin}/` })],
  ['another case', true, (origin) => ({ code: 'c', iss: origin.replace('http', 'HTTP') })],
])('takes no code with %s', async (_what, announced, parameters) => {
  await using scene = await waiting(announced)
  const page = await scene.answer(parameters(scene.provider.origin))
  expect(page).toMatchObject({
    status: 400,
    text: expect.stringContaining('(oauth.issuer_mismatch)'),
  })
  expect(scene.provider.to('/token')).toEqual([])
  await allow(scene.signIn)
})

it('acts on no error of another issuer, and shows nothing of it', async () => {
  await using scene = await waiting(true)
  const error_description = 'call 555-0100 to unlock'
  const iss = 'https://evil.example'
  const page = await scene.answer({ error: 'access_denied', error_description, iss })
  expect(page.status).toBe(400)
  expect(page.text).not.toContain('555-0100')
  await expect(allow(scene.signIn)).resolves.toMatchObject({ state: 'connected' })
})

it('takes an answer without iss where none was announced', async () => {
  await using scene = await waiting(false)
  expect(await scene.answer({ code: 'c' })).toMatchObject({ status: 200 })
  await scene.signIn.completed
})
