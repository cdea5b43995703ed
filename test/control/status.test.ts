import { describe, expect, it } from 'vitest'
import { signInNeeded } from '../../main/control/status.ts'
import type { Grant } from '../../main/oauth/types.ts'
import { type ServerDefinition, serverSchema } from '../../main/store/config-schema.ts'

const remote = (definition: Record<string, unknown> = {}): ServerDefinition =>
  serverSchema.parse({ url: 'https://mcp.example/mcp', ...definition })

const grant = (server: string, account: string, state: Grant['state']): Grant => ({
  id: `${server}-${account}`,
  server,
  account,
  kind: 'person',
  issuer: 'https://id.example',
  clientId: 'client',
  resource: 'https://mcp.example/mcp',
  scopes: [],
  state,
  withheld: [],
  renewable: true,
  connectedAt: 0,
  refreshedAt: null,
  expiresAt: null,
  quirks: [],
  bound: null,
  label: null,
  subject: null,
  organisation: null,
  since: 0,
})

describe('what waits for a sign-in', () => {
  it('is a server that nobody has signed in to yet', () => {
    expect(signInNeeded({ issues: remote() }, [])).toEqual(['issues'])
  })

  it('is a server whose only account is being revoked', () => {
    expect(signInNeeded({ issues: remote() }, [grant('issues', 'alice', 'revoking')])).toEqual([
      'issues',
    ])
  })

  it('is each account that cannot be used, beside one that can', () => {
    const grants = [
      grant('issues', 'alice', 'connected'),
      grant('issues', 'bob', 'sign-in-needed'),
      grant('issues', 'carol', 'frozen'),
    ]
    expect(signInNeeded({ issues: remote() }, grants)).toEqual(['issues/bob', 'issues/carol'])
  })

  it('is a server whose account works, but not for the calls that wait', () => {
    const servers = { issues: remote(), notes: remote() }
    const grants = [grant('issues', 'alice', 'connected'), grant('notes', 'bob', 'sign-in-needed')]
    const waiting = [{ server: 'issues' }, { server: 'issues' }, { server: 'notes' }]
    expect(signInNeeded(servers, grants, waiting)).toEqual(['notes/bob', 'issues'])
  })

  it('is no server that takes no account, and none that is not there', () => {
    const servers = {
      open: remote({ auth: 'public' }),
      keyed: remote({ auth: 'header', headers: { 'X-Api-Key': 'secret:key' } }),
      local: serverSchema.parse({ command: '/usr/bin/node', args: ['server.js'] }),
      issues: remote(),
    }
    const grants = [
      grant('issues', 'alice', 'connected'),
      grant('removed', 'alice', 'sign-in-needed'),
    ]
    expect(signInNeeded(servers, grants)).toEqual([])
  })
})
