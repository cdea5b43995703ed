import { describe, expect, it } from 'vitest'
import { createActions } from '../../main/desktop/actions.ts'
import type { TrayAction } from '../../main/desktop/tray-menu.ts'
import { WarderError } from '../../main/errors.ts'

const flow = {
  flow: 'flow-1',
  url: 'https://id.example/authorize?client_id=warder',
  host: 'id.example',
  issuer: 'https://id.example',
  scopes: ['issues:read', 'issues:write'],
  expiresAt: '2026-01-01T00:00:00Z',
}

/** A tray whose person answers every question the same way; what happens is written down in order. */
function tray(options: { agrees: boolean; answers?: Record<string, unknown> }) {
  const log: string[] = []
  const answers: Record<string, unknown> = {
    'accounts:connect': flow,
    'accounts:open': {},
    'accounts:connected': { account: 'issues/alice' },
    'accounts:cancel': {},
    ...options.answers,
  }
  const perform = createActions({
    control: {
      async call(channel, input) {
        log.push(`${channel} ${JSON.stringify(input)}`)
        const answer = answers[channel]
        if (answer instanceof Error) throw answer
        return answer
      },
      on: () => () => undefined,
    },
    notifier: { notify: ({ title, body }) => log.push(`notify ${title} | ${body}`) },
    async ask(title, lines) {
      log.push(`ask ${title} | ${lines.join(' | ')}`)
      return options.agrees
    },
    open: (page) => log.push(`open ${page ?? ''}`),
    quit: () => log.push('quit'),
  })
  return { log, perform }
}

const asked =
  'ask Sign in to issues | Your browser opens id.example. | Issuer: https://id.example | Warder asks for: issues:read, issues:write'

describe('connect in the tray', () => {
  it('asks and opens nothing where Warder signs in as itself', async () => {
    const { log, perform } = tray({
      agrees: false,
      answers: { 'accounts:connect': { ...flow, url: null } },
    })
    await perform({ do: 'connect', server: 'issues' })
    expect(log).toEqual([
      'accounts:connect {"server":"issues"}',
      'accounts:connected {"flow":"flow-1"}',
      'notify Connected | issues is signed in as issues/alice.',
    ])
  })

  it('shows host, issuer and scopes before the browser gets the link', async () => {
    const { log, perform } = tray({ agrees: true })
    await perform({ do: 'connect', server: 'issues' })
    expect(log).toEqual([
      'accounts:connect {"server":"issues"}',
      'accounts:connected {"flow":"flow-1"}',
      asked,
      'accounts:open {"flow":"flow-1"}',
      'notify Connected | issues is signed in as issues/alice.',
    ])
  })

  it('gives the flow up when the person says no', async () => {
    const { log, perform } = tray({ agrees: false })
    await perform({ do: 'connect', server: 'issues' })
    expect(log.slice(2)).toEqual([asked, 'accounts:cancel {"flow":"flow-1"}'])
  })

  it('gives the flow up and says why when no browser opens', async () => {
    const failed = new WarderError('oauth.browser_failed', 'No browser could be opened.')
    const { log, perform } = tray({ agrees: true, answers: { 'accounts:open': failed } })
    await perform({ do: 'connect', server: 'issues' })
    expect(log.slice(3)).toEqual([
      'accounts:open {"flow":"flow-1"}',
      'accounts:cancel {"flow":"flow-1"}',
      'notify issues is not connected | No browser could be opened.',
    ])
  })

  it('tells a failure in its own words and an unforeseen one without its text', async () => {
    const known = new WarderError('oauth.authorization_refused', 'The provider refused.')
    const first = tray({ agrees: true, answers: { 'accounts:connected': known } })
    await first.perform({ do: 'connect', server: 'issues' })
    expect(first.log.at(-1)).toBe('notify issues is not connected | The provider refused.')

    const unknown = new Error('token abc')
    const second = tray({ agrees: true, answers: { 'accounts:connect': unknown } })
    await second.perform({ do: 'connect', server: 'issues' })
    expect(second.log.at(-1)).not.toContain('abc')
  })
})

describe('revoke in the tray', () => {
  const receipt = { account: 'issues/alice', state: 'proven', remains: null }
  const accounts = [
    { server: 'issues', revokeWarning: 'It ends more than this.' },
    { server: 'others', revokeWarning: 'Not about this one.' },
  ]

  it('revokes after a question and shows each receipt', async () => {
    const { log, perform } = tray({
      agrees: true,
      answers: { 'accounts:list': accounts, 'accounts:revoke': [receipt] },
    })
    await perform({ do: 'revoke', server: 'issues' })
    expect(log[1]).toContain('It ends more than this.')
    expect(log[1]).not.toContain('others')
    expect(log.slice(2)).toEqual([
      'accounts:revoke {"server":"issues"}',
      'notify issues/alice: revoked and proven | Nothing of it lives on.',
    ])
  })

  it('says what may live on', async () => {
    const remains = 'The access token works until 12:00.'
    const pending = { ...receipt, state: 'pending', remains }
    const { log, perform } = tray({
      agrees: true,
      answers: { 'accounts:list': [], 'accounts:revoke': [pending] },
    })
    await perform({ do: 'revoke', server: 'issues' })
    expect(log.at(-1)).toContain(remains)
    expect(log.at(-1)).toContain('still pending')
  })

  it('revokes nothing when the person says no', async () => {
    const { log, perform } = tray({ agrees: false, answers: { 'accounts:list': accounts } })
    await perform({ do: 'revoke', server: 'issues' })
    expect(log).toHaveLength(2)
    expect(log[1]).toContain('It ends more than this.')
  })
})

describe('what needs no question of the tray', () => {
  it.each<[TrayAction, string]>([
    [{ do: 'pause' }, 'hold:pause {}'],
    [{ do: 'end-pause' }, 'hold:resume {}'],
    [{ do: 'lock' }, 'hold:lock {}'],
    [{ do: 'unlock' }, 'hold:unlock {}'],
    [{ do: 'end-stop' }, 'stop:resume {}'],
    [{ do: 'autostart', on: true }, 'autostart:set {"on":true}'],
    [{ do: 'lock-with-screen', on: false }, 'hold:screen {"lock":false}'],
    [{ do: 'open', page: 'approvals' }, 'open approvals'],
    [{ do: 'quit' }, 'quit'],
  ])('%o', async (action, did) => {
    const { log, perform } = tray({ agrees: true })
    await perform(action)
    expect(log).toEqual([did])
  })

  it('tells when it did not work', async () => {
    const refused = new WarderError('presence.refused', 'Nothing was changed.')
    const { log, perform } = tray({ agrees: true, answers: { 'hold:unlock': refused } })
    await perform({ do: 'unlock' })
    expect(log.at(-1)).toBe('notify Warder is still locked | Nothing was changed.')
  })
})

describe('revoke everything', () => {
  it('asks first, and stops nothing when the person says no', async () => {
    const { log, perform } = tray({ agrees: false })
    await perform({ do: 'stop' })
    expect(log).toEqual([expect.stringContaining('ask Revoke and stop everything?')])
  })

  it('says what is not proven', async () => {
    const record = { grants: [{ state: 'proven' }, { state: 'pending' }], failures: ['One lives.'] }
    const { log, perform } = tray({ agrees: true, answers: { 'stop:now': record } })
    await perform({ do: 'stop' })
    expect(log.slice(1)).toEqual([
      'stop:now {}',
      'notify Everything is stopped | Not proven at the provider yet: 1. One lives.',
    ])
  })
})
