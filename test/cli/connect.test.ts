import { describe, expect, it } from 'vitest'
import { WarderError } from '../../main/errors.ts'
import { type Handlers, startStandIn } from './stand-in.ts'
import { connectedSample } from './views.ts'
import { document, startOnTerminal, startWarder, warder } from './warder.ts'

const url = 'https://auth.linear.example/authorize?client_id=1&state=abc'
const signIn = {
  flow: 'flow-1',
  url,
  host: 'auth.linear.example',
  issuer: 'https://auth.linear.example',
  otherIssuers: [],
  scopes: ['read', 'write'],
  expiresAt: '2026-11-21T09:10:00.000Z',
  linkExpiresAt: null,
  device: null,
  deviceOffered: false,
}
const start = (changes: Handlers = {}) =>
  startStandIn({
    'accounts:connect': () => signIn,
    'accounts:open': () => ({}),
    'accounts:connected': () => connectedSample,
    ...changes,
  })

describe('connect', () => {
  it('says who is asked for what before it waits, and shows the account', async () => {
    await using companion = await start()
    const done = await warder(['connect', 'linear', '--account', 'work', '--home', companion.home])
    expect(done.code).toBe(0)
    expect(done.stdout).toBe('Connected linear/ada@example.com, with read, write.\n')
    expect(done.stderr).toContain(
      'You sign in at auth.linear.example (issuer https://auth.linear.example).\nIt is asked for: read, write.\n',
    )
    expect(done.stderr).not.toContain(url)
    expect(companion.calls).toEqual([
      { channel: 'accounts:connect', input: { server: 'linear', account: 'work' } },
      { channel: 'accounts:open', input: { flow: 'flow-1' } },
      { channel: 'accounts:connected', input: { flow: 'flow-1' } },
    ])
  })

  it('says where else one could sign in, and asks for the one that is named', async () => {
    const other = 'https://login.example'
    await using companion = await start({
      'accounts:connect': () => ({ ...signIn, otherIssuers: [other] }),
    })
    const arguments_ = ['connect', 'linear', '--issuer', signIn.issuer]
    const done = await warder([...arguments_, '--home', companion.home])
    expect(done.stderr).toContain(`The server also takes ${other}: choose with --issuer.`)
    expect(companion.calls[0]?.input).toEqual({ server: 'linear', issuer: signIn.issuer })
  })

  it('asks for more than usual where a person names it', async () => {
    await using companion = await start()
    const more = ['--scope', 'admin', '--scope', 'read:org']
    await warder(['connect', 'linear', ...more, '--home', companion.home])
    expect(companion.calls[0]?.input).toEqual({ server: 'linear', scopes: ['admin', 'read:org'] })
  })

  it('says what was asked for and not given', async () => {
    const account = { ...connectedSample, scopes: ['read'], withheld: ['write'] }
    await using companion = await start({ 'accounts:connected': () => account })
    const done = await warder(['connect', 'linear', '--home', companion.home])
    expect(done.stdout).toContain('with read.\nAsked for and not given: write. ')
  })

  it('without a browser prints the link, ready to be copied', async () => {
    await using companion = await start()
    const done = await warder(['connect', 'linear', '--no-browser', '--home', companion.home])
    expect(done.code).toBe(0)
    expect(done.stdout.split('\n')[0]).toBe(url)
    expect(companion.calls.map(({ channel }) => channel)).toEqual([
      'accounts:connect',
      'accounts:connected',
    ])
  })

  it('opens nothing and shows nothing where Warder signs in as itself', async () => {
    await using companion = await start({ 'accounts:connect': () => ({ ...signIn, url: null }) })
    const done = await warder(['connect', 'linear', '--home', companion.home])
    expect([done.code, done.stderr]).toEqual([0, ''])
    expect(done.stdout).toContain('Connected linear/ada@example.com')
    expect(companion.calls.map(({ channel }) => channel)).toEqual([
      'accounts:connect',
      'accounts:connected',
    ])
  })

  it('with --json the one document is the account, and the link is beside it', async () => {
    await using companion = await start()
    const done = await warder([
      'connect',
      'linear',
      '--no-browser',
      '--json',
      '--home',
      companion.home,
    ])
    expect(document(done)).toEqual(connectedSample)
    expect(done.stderr.split('\n')).toContain(url)
  })

  it('a sign-in that fails keeps its code', async () => {
    await using companion = await start({
      'accounts:connected': () => {
        throw new WarderError('oauth.sign_in_abandoned', 'The sign-in expired.')
      },
    })
    const failed = await warder(['connect', 'linear', '--json', '--home', companion.home])
    expect(failed.code).toBe(4)
    expect(document(failed)).toEqual({
      error: { code: 'oauth.sign_in_abandoned', message: 'The sign-in expired.' },
    })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s cancels the flow in the companion',
    async (signal) => {
      const pending = Promise.withResolvers<typeof connectedSample>()
      const waiting = Promise.withResolvers<void>()
      await using companion = await start({
        'accounts:connected': () => {
          waiting.resolve()
          return pending.promise
        },
        'accounts:cancel': () => {
          pending.reject(new WarderError('oauth.sign_in_abandoned', 'Cancelled.'))
          return {}
        },
      })
      const running = startWarder(['connect', 'linear', '--json', '--home', companion.home])
      await waiting.promise
      running.child.kill(signal)
      const failed = await running.finished
      expect(failed.code).toBe(1)
      expect(document(failed)).toMatchObject({ error: { code: 'cli.cancelled' } })
      expect(companion.calls.at(-1)).toEqual({
        channel: 'accounts:cancel',
        input: { flow: 'flow-1' },
      })
    },
  )
})

describe('connect, with the browser on another machine', () => {
  const pasted = 'http://127.0.0.1:40123/cb/5d41402a?code=SECRET-CODE&state=abc'
  const prompt = /paste it here and press Enter/

  it('takes the address that the browser ended at from the terminal, and shows it nowhere', async () => {
    const finished = Promise.withResolvers<typeof connectedSample>()
    await using companion = await start({
      'accounts:connected': () => finished.promise,
      'accounts:answer': () => {
        finished.resolve(connectedSample)
        return {}
      },
    })
    const running = startOnTerminal(['connect', 'linear', '--no-browser', '--home', companion.home])
    await running.seen('stdout', prompt)
    running.child.stdin?.write(`\r${pasted}\r`)
    const done = await running.finished
    expect(done.code).toBe(0)
    expect(done.stdout).toContain('Connected linear/ada@example.com')
    expect(done.stdout).not.toContain('SECRET')
    expect(companion.calls.filter(({ channel }) => channel === 'accounts:answer')).toEqual([
      { channel: 'accounts:answer', input: { flow: 'flow-1', url: pasted } },
    ])
  })

  it('says what is wrong with another text, and asks again', async () => {
    const finished = Promise.withResolvers<typeof connectedSample>()
    await using companion = await start({
      'accounts:connected': () => finished.promise,
      'accounts:answer': ({ url: given }) => {
        if (given !== pasted) throw new WarderError('oauth.paste_refused', 'That is only a part.')
        finished.resolve(connectedSample)
        return {}
      },
    })
    const running = startOnTerminal(['connect', 'linear', '--no-browser', '--home', companion.home])
    await running.seen('stdout', prompt)
    running.child.stdin?.write('SECRET-CODE\r')
    await running.seen('stdout', /That is only a part\./)
    running.child.stdin?.write(`${pasted}\r`)
    const done = await running.finished
    expect(done.code).toBe(0)
    expect(done.stdout).not.toContain('SECRET')
  })

  it('ends by itself when the redirect arrives', async () => {
    const finished = Promise.withResolvers<typeof connectedSample>()
    await using companion = await start({ 'accounts:connected': () => finished.promise })
    const running = startOnTerminal(['connect', 'linear', '--no-browser', '--home', companion.home])
    await running.seen('stdout', prompt)
    finished.resolve(connectedSample)
    expect((await running.finished).code).toBe(0)
  })

  it('Ctrl-C cancels there too', async () => {
    const pending = Promise.withResolvers<typeof connectedSample>()
    await using companion = await start({
      'accounts:connected': () => pending.promise,
      'accounts:cancel': () => {
        pending.reject(new WarderError('oauth.sign_in_abandoned', 'Cancelled.'))
        return {}
      },
    })
    const running = startOnTerminal(['connect', 'linear', '--no-browser', '--home', companion.home])
    await running.seen('stdout', prompt)
    running.child.stdin?.write('\u0003')
    expect((await running.finished).code).toBe(1)
    expect(companion.calls.at(-1)).toMatchObject({ channel: 'accounts:cancel' })
  })

  it('offers it without a terminal to nobody', async () => {
    await using companion = await start()
    const done = await warder(['connect', 'linear', '--no-browser', '--home', companion.home])
    expect(done.stderr).not.toMatch(prompt)
  })
})

describe('connect, by a code', () => {
  const code = { userCode: 'WDJB-MJHT', complete: `${url}&user_code=WDJB-MJHT` }
  const page = 'https://auth.linear.example/activate'
  const byCode = { 'accounts:connect': () => ({ ...signIn, url: page, device: code }) }

  it('shows page and code, what is signed in to, and opens nothing', async () => {
    await using companion = await start(byCode)
    const done = await warder(['connect', 'linear', '--device', '--home', companion.home])
    expect(done.code).toBe(0)
    expect(done.stdout.split('\n').slice(0, 2)).toEqual([page, 'WDJB-MJHT'])
    for (const words of [
      'You sign in at auth.linear.example (issuer https://auth.linear.example).',
      'It is asked for: read, write.',
      code.complete,
      'Type it at auth.linear.example only. Give it to nobody: it signs in this Warder.',
    ])
      expect(done.stderr).toContain(words)
    expect(companion.calls).toEqual([
      { channel: 'accounts:connect', input: { server: 'linear', method: 'device' } },
      { channel: 'accounts:connected', input: { flow: 'flow-1' } },
    ])
  })

  it('with --json the one document is the account', async () => {
    await using companion = await start(byCode)
    const done = await warder(['connect', 'linear', '--device', '--json', '--home', companion.home])
    expect(document(done)).toEqual(connectedSample)
    expect(done.stderr.split('\n')).toContain('WDJB-MJHT')
  })

  it('is offered where the link is shown and the provider takes codes, and never chosen silently', async () => {
    await using companion = await start({
      'accounts:connect': () => ({ ...signIn, deviceOffered: true }),
    })
    const done = await warder(['connect', 'linear', '--no-browser', '--home', companion.home])
    expect(done.stderr).toContain('`warder connect linear --home')
    expect(done.stderr).toContain('--device`')
    expect(companion.calls[0]).toEqual({ channel: 'accounts:connect', input: { server: 'linear' } })
  })

  it('says until when a pushed link is good (RFC 9126 §2.2)', async () => {
    await using companion = await start({
      'accounts:connect': () => ({ ...signIn, linkExpiresAt: '2026-11-21T09:01:30.000Z' }),
    })
    const done = await warder(['connect', 'linear', '--no-browser', '--home', companion.home])
    expect(done.stderr).toMatch(/Open this link before 2026-11-21 \d\d:01:30 and finish there:/)
  })

  it('prints a fresh one for who presses Enter alone, again and again', async () => {
    const finished = Promise.withResolvers<typeof connectedSample>()
    let count = 0
    await using companion = await start({
      'accounts:connect': () => ({ ...signIn, linkExpiresAt: '2026-11-21T09:01:30.000Z' }),
      'accounts:connected': () => finished.promise,
      'accounts:link': () => {
        count += 1
        if (count === 2) throw new WarderError('oauth.provider_unavailable', 'It is away.')
        return {
          url: `https://id.linear.app/authorize?request_uri=urn%3A${count}`,
          linkExpiresAt: '2026-11-21T09:03:00.000Z',
        }
      },
    })
    const running = startOnTerminal(['connect', 'linear', '--no-browser', '--home', companion.home])
    await running.seen('stdout', /Press Enter alone for a fresh one/)
    running.child.stdin?.write('\r')
    await running.seen(
      'stdout',
      /before 2026-11-21 \d\d:03:00 and finish there:\s+\S+request_uri=urn%3A1/,
    )
    running.child.stdin?.write('\r')
    await running.seen('stdout', /It is away\./)
    running.child.stdin?.write('\r')
    await running.seen('stdout', /request_uri=urn%3A3/)
    finished.resolve(connectedSample)
    expect((await running.finished).code).toBe(0)
  })
})
