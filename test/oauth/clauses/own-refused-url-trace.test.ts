import { expect, it } from 'vitest'
import type { AuditRow } from '../../../preload/contract/index.ts'
import { refusal, startWorld, type World } from '../../control/world.ts'
import { announce } from '../support/revocations.ts'
import { type ScriptedProvider, startScriptedProvider } from '../support/scripted-provider.ts'

/** MCP Security Best Practices: a URL that is refused leaves a trace that a person finds, without the URL itself. */

async function connecting(provider: ScriptedProvider, world: World): Promise<AuditRow[]> {
  await world.call('servers:add', { name: 'notes', definition: { url: provider.serverUrl } })
  await refusal(world.call('accounts:connect', { server: 'notes' }), 'net.url_refused')
  const denied = { decision: 'deny', limit: 10 }
  return (await world.call('audit:query', denied)) as AuditRow[]
}

it('is among the denials of the audit, with its server, its field and its rule', async () => {
  await using provider = await startScriptedProvider()
  await using world = await startWorld()
  announce(provider, { authorization_endpoint: 'a:$(canary /c whoami)?response_type=code' })
  const rows = await connecting(provider, world)
  expect(rows).toMatchObject([
    {
      server: 'notes',
      client: '-',
      proof: 'none',
      method: 'sign-in',
      target: 'authorization_endpoint',
      rule: 'URL policy: scheme',
      outcome: 'denied',
      code: 'net.url_refused',
    },
  ])
  expect(JSON.stringify(rows)).not.toContain('canary')
})

it('is so where a redirect led to it, too', async () => {
  await using provider = await startScriptedProvider()
  await using world = await startWorld()
  provider.answers.set('/.well-known/oauth-authorization-server', () => ({
    status: 302,
    headers: { location: 'http://169.254.169.254/latest/meta-data/' },
  }))
  const [row] = await connecting(provider, world)
  expect(row).toMatchObject({ server: 'notes', method: 'sign-in', code: 'net.url_refused' })
  expect(JSON.stringify(row)).not.toContain('169.254')
})
