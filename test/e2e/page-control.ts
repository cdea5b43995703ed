import { exportHandlers } from '../../main/control/exports.ts'
import type { Control } from '../../main/control/types.ts'
import { WarderError } from '../../main/errors.ts'
import { createEmitter } from '../../main/events.ts'
import { readPasted } from '../../main/wiring/adoption/readings.ts'
import { isObstacle } from '../../main/wiring/adoption/staying.ts'
import {
  type AuditRow,
  type Channel,
  channels,
  type Events,
  type Output,
  type Parsed,
} from '../../preload/contract/index.ts'
import { summaryOf } from './page-summary.ts'
import { auditRows, createWorld, row } from './page-world.ts'

type Handlers = { [C in Channel]?: (input: Parsed<C>) => Output<C> | Promise<Output<C>> }

const lines = ['It gets a socket and a token.', 'It may call what the rules allow it.']

/**
 * A companion that is nothing but its answers, to see what the page makes of them. Inputs and outputs go through the
 * contract's schemas, so a test cannot pass with an answer that the companion could not give.
 */
export function createPageControl() {
  const world = createWorld()
  const emitter = createEmitter<{ [E in keyof Events]: [Events[E]] }>()
  let links = 0
  const heard: { channel: string; input: unknown }[] = []
  const waiting = Promise.withResolvers<Output<'accounts:connected'>>()
  // A rejection is the page's to handle; before it asks, nobody listens.
  waiting.promise.catch(() => undefined)

  const confirmed = (title: string, confirm: string | undefined) => {
    if (confirm === 'challenge-1') return
    throw new WarderError('presence.required', 'A person has to confirm this.', {
      details: { challenge: 'challenge-1', title, lines },
    })
  }
  const givenUp = (flow: string) =>
    flow === 'flow-1' && (world.flow.deviceOffered || world.flow.otherIssuers.length > 0)
  const changed = (area: Events['state:changed']['area']) => emitter.emit('state:changed', { area })

  const hold = (kind: 'paused' | 'locked', held: boolean) => {
    world.status[kind] = held ? new Date().toISOString() : null
    changed('status')
    return {}
  }

  const calls = ({
    before,
    after,
    limit,
    since,
    until,
    ...same
  }: Parsed<'audit:query'>): AuditRow[] => {
    const found = world.audit.filter(
      (each) =>
        Object.entries(same).every(([key, value]) => each[key as keyof AuditRow] === value) &&
        (before === undefined || each.seq < before) &&
        (after === undefined || each.seq > after) &&
        (since === undefined || each.at >= since) &&
        (until === undefined || each.at < until),
    )
    return after === undefined ? found.slice(0, limit) : found.toReversed().slice(0, limit)
  }

  const handlers: Handlers = {
    'status:get': () => ({
      ...world.status,
      servers: world.servers.length,
      accounts: world.accounts.length,
      signInNeeded: [
        ...world.servers.filter((s) => s.state === 'sign-in-needed').map((s) => s.name),
        ...world.accounts.filter((a) => a.state === 'sign-in-needed').map((a) => a.account),
      ],
      approvals: world.approvals.length,
    }),
    'doctor:look': () => world.findings,
    'adoptions:adopt': ({ dryRun, confirm }) => {
      if (!dryRun) confirmed('Move 1 server into Warder', confirm)
      const left = world.findings.filter(({ code }) => code !== 'doctor.secret_in_env')
      const moved = world.findings.length - left.length
      if (!dryRun) world.findings = left
      return {
        done: !dryRun && moved > 0,
        servers: [
          {
            name: 'notes',
            from: [{ client: 'cursor', file: '/home/alice/.cursor/mcp.json', name: 'notes' }],
            secrets: ['notes-token'],
          },
        ],
        files: ['/home/alice/.cursor/mcp.json'],
        clients: ['cursor'],
        envFiles: [],
        rights: [],
        left: [],
      }
    },
    'adoptions:undo': ({ confirm }) => {
      confirmed('Put adopted servers back', confirm)
      return { files: ['/home/alice/.cursor/mcp.json'], servers: ['notes'], kept: [] }
    },
    'servers:list': () => world.servers,
    'servers:add': async ({ name, definition, confirm }) => {
      await world.looking
      confirmed(`Add the server ${name}`, confirm)
      const added = world.serverFrom(name, definition)
      world.servers = [...world.servers, added]
      changed('servers')
      return added
    },
    'pasted:read': ({ text }) =>
      readPasted(text).map((reading) => {
        const made = reading.as(reading.name, new Set())
        if (isObstacle(made))
          return { name: reading.name, definition: null, secrets: [], problem: made.problem }
        const secrets = made.secrets.map(({ title, value }) => ({ title, given: value !== null }))
        return { name: made.name, definition: { ...made.definition }, secrets, problem: null }
      }),
    'pasted:add': ({ text, place, name, confirm }) => {
      confirmed(`Add the server ${name}`, confirm)
      const made = readPasted(text)[place]?.as(name, new Set())
      if (made === undefined || isObstacle(made))
        throw new WarderError('server.import_invalid', 'The server cannot be added.')
      const added = world.serverFrom(name, made.definition)
      world.servers = [...world.servers, added]
      changed('servers')
      return added
    },
    'servers:update': ({ name, confirm }) => {
      const server = world.servers.find((one) => one.name === name)
      if (server?.package == null) throw new WarderError('usage.invalid', 'It has no package.')
      const { name: found, version: before } = server.package
      const version = world.newestPackage
      const changed = version !== before
      if (changed) confirmed(`Run another version for ${name}`, confirm)
      server.package = { name: found, version }
      return { package: found, before, version, changed }
    },
    'servers:remove': ({ name }) => {
      const gone = world.accounts.filter(({ server }) => server === name)
      world.servers = world.servers.filter((server) => server.name !== name)
      world.accounts = world.accounts.filter((account) => !gone.includes(account))
      changed('servers')
      return gone.map((account) => world.receiptFor(account))
    },
    'servers:look': ({ url }) => {
      const seen = world.looks[url]
      if (seen === undefined)
        throw new WarderError('net.unreachable', 'The server could not be reached.')
      return seen
    },
    'servers:test': () => world.tested,
    'servers:tools': ({ client }) =>
      world.servers.map(({ name }) => ({
        server: name,
        heardAt: world.tools[name] === undefined ? null : world.status.startedAt,
        tools: (world.tools[name] ?? []).map((tool) => ({
          ...tool,
          allowed: client !== 'cursor' || !world.taken.includes(tool.name),
        })),
      })),
    'servers:running': () => world.running,
    'servers:installing': () => world.installing,
    'servers:cancel': ({ name }) => {
      world.installing = world.installing.filter(({ server }) => server !== name)
      changed('servers')
      return {}
    },
    'servers:logs': () => ({ lines: world.log }),
    'presets:list': () => world.presets,
    'secrets:list': () => world.secrets,
    'secrets:set': ({ name }) => {
      const secret = { name, server: null, setAt: world.status.startedAt }
      world.secrets = [...world.secrets, secret]
      return secret
    },
    'secrets:remove': ({ name }) => {
      world.secrets = world.secrets.filter((secret) => secret.name !== name)
      return {}
    },
    ...exportHandlers(
      { home: '/nowhere', files: null },
      {
        'accounts:list': async () => world.accounts,
        'secrets:list': async () => world.secrets,
        'receipts:export': async () => world.exported,
        'audit:query': async (input) => calls(input),
      },
    ),
    'updates:get': () => world.updates,
    'updates:look': () => {
      world.updates = { ...world.updates, lookedAt: new Date().toISOString() }
      return world.updates
    },
    'updates:daily': ({ on }) => {
      world.updates = { ...world.updates, daily: on }
      return world.updates
    },
    'updates:open': () => ({}),
    'vault:choices': () => ({ kinds: world.vaults }),
    'licences:get': () => ({
      page: 'react - MIT',
      runtime: ['/opt/Warder/LICENSES.chromium.html'],
    }),
    'audit:summary': (span) => summaryOf(world.audit, span),
    'accounts:list': () => world.accounts,
    'clients:list': () => world.clients,
    'approvals:list': () => world.approvals,
    'receipts:list': () => world.receipts,
    'accounts:connect': ({ server, method, issuer }) => {
      if (server === 'broken')
        throw new WarderError(
          'oauth.provider_unavailable',
          'The provider of broken does not answer.',
        )
      if (issuer !== undefined) return { ...world.flow, flow: 'flow-3', issuer, otherIssuers: [] }
      if (world.issuers.length > 0)
        throw new WarderError('oauth.issuer_choice', 'The server names several providers.', {
          details: { issuers: world.issuers },
        })
      return method === 'device' ? world.codeFlow : world.flow
    },
    'accounts:open': () => {
      if (world.browserFails)
        throw new WarderError('oauth.browser_failed', 'The browser could not be opened.')
      return {}
    },
    'accounts:link': () => {
      links += 1
      return { url: `${world.flow.url}&fresh=${links}`, linkExpiresAt: world.flow.linkExpiresAt }
    },
    'accounts:connected': ({ flow }) =>
      // The sign-in that is given up for a code, or another provider, ends; the other one waits.
      givenUp(flow) ? new Promise(() => undefined) : waiting.promise,
    'accounts:answer': ({ url }) => {
      if (!url.includes('state=right'))
        throw new WarderError('oauth.paste_refused', 'That is only a part of the address, or none.')
      return {}
    },
    'accounts:cancel': ({ flow }) => {
      if (givenUp(flow)) return {}
      waiting.reject(new WarderError('oauth.sign_in_abandoned', 'The sign-in was cancelled.'))
      return {}
    },
    'accounts:name': ({ name }) => ({ ...world.account, account: `github/${name}` }),
    'accounts:use': ({ server, account, client, folder = null, confirm }) => {
      if (folder !== null && !folder.startsWith('/'))
        throw new WarderError('usage.invalid', 'Name an absolute folder without . and ..')
      confirmed(`Use ${account} for ${client}`, confirm)
      const choice = { server, account, client: client ?? null, folder, problem: null }
      world.clients = world.clients.map((each) =>
        each.name === client ? { ...each, choices: account === null ? [] : [choice] } : each,
      )
      changed('clients')
      return choice
    },
    'accounts:why': () => world.why,
    'accounts:uses': ({ account }) => world.uses[account] ?? { clients: [], whole: true },
    'accounts:revoke': (input) => {
      const gone = world.accounts.filter((a) => 'account' in input && a.account === input.account)
      world.accounts = world.accounts.filter((a) => !gone.includes(a))
      world.receipts = [...gone.map((a) => world.receiptFor(a)), ...world.receipts]
      changed('accounts')
      changed('receipts')
      return world.receipts.slice(0, gone.length)
    },
    'imports:list': () => world.imports,
    'imports:adopt': ({ id, server, confirm }) => {
      confirmed(`Adopt for ${server} what mcp-remote keeps`, confirm)
      world.imports = world.imports.map((each) =>
        each.id === id ? { ...each, adoptedAs: world.account.account } : each,
      )
      changed('imports')
      return { account: world.account, rotated: true, shredded: null }
    },
    'imports:revoke': () => ({ receipts: [world.receiptFor(world.account)], shredded: null }),
    'imports:shred': ({ id }) => {
      const files = world.imports.filter((each) => each.id === id).map(({ file }) => file)
      world.imports = world.imports.filter((each) => each.id !== id)
      changed('imports')
      return { files, problem: null }
    },
    'stop:now': () => {
      const { signature: _, ...record } = world.stopRecord()
      world.status.stopped = record.at
      world.stops = [world.stopRecord()]
      changed('status')
      return record
    },
    'stop:records': () => world.stops,
    'receipts:export': () => world.exported,
    'stop:resume': ({ confirm }) => {
      confirmed('Let calls through again', confirm)
      world.status.stopped = null
      changed('status')
      return {}
    },
    'hold:pause': () => hold('paused', true),
    'hold:resume': ({ confirm }) => {
      confirmed('End the pause of all calls', confirm)
      return hold('paused', false)
    },
    'hold:lock': () => hold('locked', true),
    'hold:unlock': ({ confirm }) => {
      confirmed('Unlock Warder', confirm)
      return hold('locked', false)
    },
    'hold:screen': ({ lock }) => {
      world.status.lockWithScreen = lock
      changed('status')
      return {}
    },
    'clients:trim': ({ tool, hide, confirm }) => {
      if (!hide) confirmed(`Give ${tool} back`, confirm)
      world.taken = hide ? [...world.taken, tool] : world.taken.filter((one) => one !== tool)
      return {}
    },
    'wiring:list': () => world.wirings,
    'wiring:preview': ({ action }) => world.preview(action),
    'wiring:wire': ({ confirm }) => {
      confirmed('Wire Cursor', confirm)
      world.wirings = world.wirings.map((one) => ({ ...one, wired: 'wired' }))
      return world.preview('wire')
    },
    'wiring:unwire': () => {
      world.wirings = world.wirings.map((one) => ({ ...one, wired: null }))
      return world.preview('unwire')
    },
    'autostart:get': () => ({ on: world.autostart }),
    'autostart:set': ({ on }) => {
      world.autostart = on
      return { on }
    },
    'clients:add': ({ name, confirm }) => {
      confirmed(`Let ${name} use Warder`, confirm)
      const client = { ...world.client, name }
      world.clients = [...world.clients, client]
      changed('clients')
      return { client, bearer: 'shown-once-and-never-again', http: world.status.http }
    },
    'clients:renew': ({ name, confirm }) => {
      confirmed(`Give the client ${name} a new bearer`, confirm)
      const client = world.clients.find((each) => each.name === name) ?? world.client
      return { client, bearer: 'shown-once-and-never-again', http: world.status.http }
    },
    'clients:remove': ({ name }) => {
      world.clients = world.clients.filter((client) => client.name !== name)
      changed('clients')
      return {}
    },
    'approvals:decide': ({ id, approve, confirm }) => {
      const approval = world.approvals.find((each) => each.id === id)
      if (approve) confirmed(approval?.title ?? '', confirm)
      world.approvals = world.approvals.filter((each) => each.id !== id)
      changed('approvals')
      return world.approvals
    },
    'audit:query': calls,
  }

  const control: Control = {
    async call(channel, input) {
      heard.push({ channel, input })
      if (channel === world.refuses)
        throw new WarderError('config.invalid', 'The configuration cannot be read.')
      const schemas = channels[channel as Channel]
      const handler = handlers[channel as Channel] as ((parsed: unknown) => unknown) | undefined
      if (handler === undefined) throw new WarderError('usage.unknown_channel', channel)
      return schemas.output.parse(await handler(schemas.input.parse(input)))
    },
    on: (event, listener) => emitter.on(event, listener as never),
  }

  return {
    control,
    world,
    /** Every call of the page, in order. */
    heard,
    changed,
    /** Ends the sign-in that waits with an error. */
    failSignIn: (error: WarderError) => waiting.reject(error),
    /** Ends the sign-in that waits, as the provider's answer would. */
    signIn: () => {
      world.accounts = [...world.accounts, world.account]
      world.servers = world.servers.map((s) =>
        s.name === world.account.server
          ? { ...s, state: 'ready', message: null, accounts: [world.account.account] }
          : s,
      )
      waiting.resolve({ ...world.account, ...world.connected })
      changed('accounts')
    },
    /** Appends to the audit and tells the page. */
    append: (...changes: Partial<AuditRow>[]) => {
      const newest = world.audit[0]?.seq ?? 0
      const rows = changes.map((change, at) => row({ ...change, seq: newest + at + 1 }))
      world.audit = [...rows.toReversed(), ...world.audit]
      emitter.emit('audit:appended', rows)
    },
    /** An audit with so many calls behind it. */
    fill: (calls: number) => {
      world.audit = auditRows(calls)
    },
  }
}
