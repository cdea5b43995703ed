import { expect, it } from 'vitest'
import { openHouse, serverAt } from '../support/house.ts'
import { announce } from '../support/revocations.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'

/** MCP Security Best Practices: what a provider names as its page is opened only if it is plainly a web page. */

it.each([
  // CVE-2025-6514, as it was published.
  'a:$(cmd.exe /c whoami > c:\\temp\\pwned.txt)?response_type=code',
  'file:/c:/windows/system32/calc.exe',
  'javascript:alert(document.domain)',
  'data:text/html,<script>x</script>',
  'vbscript:x',
  'smb://evil.example/x.desktop',
  'https://www.$(calc.exe).com/foo',
  'http://user$(calc)r:pass@127.0.0.1/authorize',
  'http://idp.example/authorize',
  'https://idp.example/authorize#$(calc)',
  'https://idp.example/a`id`',
  'https://idp.example/a\nhttps://evil.example/',
])('opens nothing for %j', async (authorization_endpoint) => {
  await using provider = await startScriptedProvider()
  await using house = await openHouse()
  announce(provider, { authorization_endpoint })
  const connecting = house.grants.connect(serverAt(provider.serverUrl))
  await expect(connecting).rejects.toMatchObject({ code: 'net.url_refused' })
  expect(house.opened).toEqual([])
  expect(provider.to('/register')).toEqual([])
})
