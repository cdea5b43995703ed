import { z } from 'zod'
import {
  accountView,
  adoptionView,
  approvalView,
  auditRow,
  choiceView,
  clientView,
  connectedView,
  findingView,
  importView,
  instant,
  receiptView,
  recordsExport,
  secretView,
  serverView,
  shreddedView,
  statusView,
  stopRecord,
  stopView,
  toolPinView,
  undoneAdoptionView,
  usesView,
  whyView,
  wiringPreview,
  wiringView,
} from './views.ts'
import {
  installingView,
  licencesView,
  packageUpdateView,
  preflightView,
  presetView,
  readServerView,
  runningView,
  serverToolsView,
  summaryView,
  testView,
  updatesView,
} from './window-views.ts'

/**
 * One map from channel to schemas, used by IPC, loopback HTTP, the control socket, the command line and the tests.
 * Channels are `area:verb`. Every input is parsed by its schema on the companion's side, whoever sent it.
 *
 * A channel marked `widens` asks for presence. Where the shell cannot ask by itself (headless), the first call is
 * answered with `presence.required` and `details: { challenge, title, lines }`; the caller shows title and lines to the
 * person and repeats the same call with `confirm: challenge`.
 */

const nothing = z.strictObject({})
const name = z.string().min(1).max(64)
const confirm = z.string().max(128).optional()
/** RFC 6749 §3.3, scope-token. */
const scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/)

const vaultKind = z.enum(['keychain', 'file'])

const auditFilter = {
  client: name.optional(),
  server: name.optional(),
  target: z.string().max(256).optional(),
  decision: z.enum(['allow', 'deny']).optional(),
  phase: z.enum(['intent', 'outcome']).optional(),
  outcome: auditRow.shape.outcome.unwrap().optional(),
  /** One call: its intent and its outcome. */
  call: z.string().max(64).optional(),
  since: instant.optional(),
  until: instant.optional(),
}

const pasted = z.string().min(1).max(262_144)

const channel = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({
  input,
  output,
})

const newServer = z.strictObject({
  name,
  /** A server definition in the form of config.json; checked against that schema in the companion. */
  definition: z.record(z.string(), z.unknown()),
  /** Adds a provider's profile too, or names the one that is there, and fills in the URL. */
  preset: z.strictObject({ name, tenant: z.string().max(256).optional() }).optional(),
  confirm,
})

export const channels = {
  'status:get': channel(nothing, statusView),

  'servers:list': channel(nothing, z.array(serverView)),
  'servers:add': channel(newServer, serverView),
  /** The servers in what a person pasted: any client's settings, or a server.json. Names and references, and no value of it. */
  'pasted:read': channel(z.strictObject({ text: pasted }), z.array(readServerView)),
  /** Adds one of them, its credentials to the vault first. Widens as `servers:add` does. */
  'pasted:add': channel(
    z.strictObject({
      text: pasted,
      /** Its place among those that were read. */
      place: z.number().int().min(0),
      name,
      /** For the secrets that have no value in it, in their order. */
      values: z.array(z.string().max(65_536)).max(64).default([]),
      confirm,
    }),
    serverView,
  ),
  /** Has a local server run what its npm package is now, where that is another version than the approved one. Widens. */
  'servers:update': channel(z.strictObject({ name, confirm }), packageUpdateView),
  'servers:remove': channel(z.strictObject({ name }), z.array(receiptView)),
  'servers:test': channel(z.strictObject({ name }), testView),
  /** What a server at this address asks of a stranger. One look from outside: nothing is kept, opened or registered. */
  'servers:look': channel(
    z.strictObject({
      url: z.string().min(1).max(2048),
      allowedNetworks: z.array(z.string().max(64)).max(16).optional(),
    }),
    preflightView,
  ),
  /** The tools of every server as last heard; with `client`, which of them the rules let it call. */
  'servers:tools': channel(z.strictObject({ client: name.optional() }), z.array(serverToolsView)),
  /** Processes of local servers. */
  'servers:running': channel(nothing, z.array(runningView)),
  /** Packages of local servers that are being installed, before their first start. */
  'servers:installing': channel(nothing, z.array(installingView)),
  /** Ends such an installation; the next start begins it anew. Narrows. */
  'servers:cancel': channel(z.strictObject({ name }), nothing),
  'presets:list': channel(nothing, z.array(presetView)),

  /** What a local server wrote to stderr, masked, oldest first. */
  'servers:logs': channel(
    z.strictObject({ name, lines: z.number().int().min(1).max(10_000).default(100) }),
    z.object({ lines: z.array(z.string()) }),
  ),

  /** Every tool that a server has listed so far, and what is held of them. */
  'servers:pins': channel(z.strictObject({ name }), z.array(toolPinView)),

  /** A `server.json` as the MCP Registry has it (API v0.1). Nothing of it is believed yet. */
  'registry:read': channel(
    z.strictObject({
      name: z.string().min(1).max(256),
      version: z.string().min(1).max(128).optional(),
    }),
    z.object({ document: z.unknown() }),
  ),
  /** Fetches a bundle that a `server.json` names, if it is the one that it names. */
  'registry:bundle': channel(
    z.strictObject({ url: z.string().max(2048), sha256: z.string().regex(/^[0-9a-fA-F]{64}$/) }),
    z.object({ file: z.string() }),
  ),

  'secrets:list': channel(nothing, z.array(secretView)),
  'secrets:set': channel(
    z.strictObject({
      name,
      value: z.string().min(1).max(65_536),
      server: name.optional(),
      confirm,
    }),
    secretView,
  ),
  'secrets:remove': channel(z.strictObject({ name }), nothing),

  /** Looks at every client of this user, the worst first. Changes nothing, starts nothing. */
  'doctor:look': channel(nothing, z.array(findingView)),
  /** Values of the vault that stand in the clients' files as well, by their names. For a look of the command line. */
  'doctor:vault': channel(
    z.strictObject({ folder: z.string().max(4096).optional() }),
    z.array(findingView),
  ),
  /** Moves servers with a credential in the clear out of the clients' files, all or none. Widens. */
  'adoptions:adopt': channel(
    z.strictObject({
      dryRun: z.boolean().default(false),
      /** Absolute: whose project files are looked at as well. */
      folder: z.string().max(4096).optional(),
      /** Servers that several clients have alike move as well, once. */
      duplicates: z.boolean().default(false),
      confirm,
    }),
    adoptionView,
  ),
  /** Puts back what the last adoption moved. Widens: credentials go into files again. */
  'adoptions:undo': channel(z.strictObject({ confirm }), undoneAdoptionView),

  'accounts:list': channel(nothing, z.array(accountView)),
  /**
   * Prepares a sign-in. Nothing is opened yet: the person is shown host, issuer and scopes in words first. Where Warder
   * signs in as itself, without a person, it is done already: there is no page, and `accounts:connected` answers at once.
   */
  'accounts:connect': channel(
    z.strictObject({
      server: name,
      account: z.string().max(128).optional(),
      /** Which of the providers that the server names. */
      issuer: z.string().max(2048).optional(),
      /** `device`: by a code that is typed on any device (RFC 8628); in the browser where it is left out. */
      method: z.enum(['browser', 'device']).optional(),
      /** Wanted beside what a sign-in asks for (a step up); where the definition fixes the scopes, no others. */
      scopes: z.array(scope).max(50).optional(),
    }),
    z.object({
      flow: z.string(),
      /** For a person without a browser on this machine to open by hand; null where nobody has to sign in. */
      url: z.string().nullable(),
      host: z.string(),
      issuer: z.string(),
      /** Other providers that the server takes sign-ins at. */
      otherIssuers: z.array(z.string()),
      scopes: z.array(z.string()),
      expiresAt: instant,
      /** Until when the link can be opened, where that is sooner; opening it through Warder makes a new one then. */
      linkExpiresAt: instant.nullable(),
      /** By code: what to type at `url`, and the link that has it in it; else null. */
      device: z.object({ userCode: z.string(), complete: z.string().nullable() }).nullable(),
      /** The provider takes codes as well. */
      deviceOffered: z.boolean(),
    }),
  ),
  /** Opens the page of a prepared sign-in in the system browser. */
  'accounts:open': channel(z.strictObject({ flow: z.string() }), nothing),
  /** Another link to open by hand, where the last one is over or was opened: only pushed ones are (`linkExpiresAt`). */
  'accounts:link': channel(
    z.strictObject({ flow: z.string() }),
    z.object({ url: z.string(), linkExpiresAt: instant.nullable() }),
  ),
  /**
   * The address that a browser on another machine ended at, pasted by a person. It holds the code: nobody repeats or
   * logs it. Refused, it leaves the sign-in waiting.
   */
  'accounts:answer': channel(
    z.strictObject({ flow: z.string(), url: z.string().max(65_536) }),
    nothing,
  ),
  /** Resolves when the sign-in is finished; rejects when it fails, expires or is cancelled. */
  'accounts:connected': channel(z.strictObject({ flow: z.string() }), connectedView),
  /** Names the account of a finished sign-in that nobody has named. */
  'accounts:name': channel(
    z.strictObject({ flow: z.string(), name: z.string().min(1).max(128) }),
    accountView,
  ),
  /** Chooses an account of a server; null takes the choice back. Widens. */
  'accounts:use': channel(
    z.strictObject({
      server: name,
      account: z.string().min(1).max(256).nullable(),
      client: name.optional(),
      folder: z.string().min(1).max(4096).optional(),
      confirm,
    }),
    choiceView,
  ),
  'accounts:cancel': channel(z.strictObject({ flow: z.string() }), nothing),
  'accounts:revoke': channel(
    z.union([
      z.strictObject({ account: z.string().min(1).max(256) }),
      z.strictObject({ server: name }),
      z.strictObject({ client: name }),
    ]),
    z.array(receiptView),
  ),
  /** What happened to an account; one that is gone too, as long as the ledger knows it. */
  'accounts:why': channel(
    z.strictObject({
      account: z.string().min(1).max(256),
      limit: z.number().int().min(1).max(500).default(20),
    }),
    whyView,
  ),
  /** Who used an account since its first sign-in: finished calls by client, the latest first. */
  'accounts:uses': channel(z.strictObject({ account: z.string().min(1).max(256) }), usesView),
  'receipts:list': channel(nothing, z.array(receiptView)),
  'receipts:export': channel(nothing, recordsExport),

  /** Ends every access, now; narrows, so it never asks. */
  'stop:now': channel(nothing, stopRecord),
  'stop:resume': channel(z.strictObject({ confirm }), nothing),
  'stop:records': channel(nothing, z.array(stopView)),

  /** Refuses every call until a person resumes; nothing is revoked. Narrows. */
  'hold:pause': channel(nothing, nothing),
  'hold:resume': channel(z.strictObject({ confirm }), nothing),
  /** A pause that also shows and changes nothing, but for what narrows. Narrows. */
  'hold:lock': channel(nothing, nothing),
  'hold:unlock': channel(z.strictObject({ confirm }), nothing),
  /** Whether Warder locks with the screen; no longer doing so widens. */
  'hold:screen': channel(z.strictObject({ lock: z.boolean(), confirm }), nothing),

  /** The vaults that can be chosen from here; none where that is a matter of the command that starts Warder. */
  'vault:choices': channel(nothing, z.object({ kinds: z.array(vaultKind) })),
  /** Starts Warder anew with another vault. Widens. */
  'vault:choose': channel(z.strictObject({ kind: vaultKind, confirm }), nothing),

  /** Ends a headless companion, for the app that takes its place. */
  'shell:yield': channel(nothing, nothing),

  /** Whether Warder starts when the person logs in; null where the shell cannot arrange that. */
  'autostart:get': channel(nothing, z.object({ on: z.boolean().nullable() })),
  'autostart:set': channel(
    z.strictObject({ on: z.boolean() }),
    z.object({ on: z.boolean().nullable() }),
  ),

  /** What other programs of this user keep in plain files. */
  'imports:list': channel(nothing, z.array(importView)),
  /** Widens: a new credential. */
  'imports:adopt': channel(
    z.strictObject({
      id: z.string().max(64),
      server: name,
      account: z.string().max(128).optional(),
      shred: z.boolean().default(false),
      confirm,
    }),
    z.object({
      account: accountView,
      /** The provider replaced the refresh token, so the copy in the file is dead. */
      rotated: z.boolean(),
      /** Null where that was not asked for. */
      shredded: shreddedView.nullable(),
    }),
  ),
  /** Narrows; asks only where the file does not say who issued the token, so that only the server says where it goes. */
  'imports:revoke': channel(
    z.strictObject({
      id: z.string().max(64),
      /** Where the file does not say which one. */
      server: name.optional(),
      shred: z.boolean().default(false),
      confirm,
    }),
    z.object({ receipts: z.array(receiptView), shredded: shreddedView.nullable() }),
  ),
  'imports:shred': channel(z.strictObject({ id: z.string().max(64) }), shreddedView),

  /** The client ID metadata document to publish; the setting says where. */
  'cimd:get': channel(nothing, z.record(z.string(), z.unknown())),

  'clients:list': channel(nothing, z.array(clientView)),
  /** The bearer is shown this once; only its hash is kept. */
  'clients:add': channel(
    z.strictObject({ name, confirm }),
    z.object({ client: clientView, bearer: z.string(), http: z.string() }),
  ),
  /** A new bearer in the place of the old one, shown this once. */
  'clients:renew': channel(
    z.strictObject({ name, confirm }),
    z.object({ client: clientView, bearer: z.string(), http: z.string() }),
  ),
  /** Takes one tool from a client, or gives it back; only giving back widens. */
  'clients:trim': channel(
    z.strictObject({
      client: name,
      server: name,
      tool: z.string().min(1).max(256),
      hide: z.boolean(),
      confirm,
    }),
    nothing,
  ),
  'clients:remove': channel(z.strictObject({ name }), nothing),

  /** The MCP clients that Warder knows, and what is wired of the user's own files. */
  'wiring:list': channel(nothing, z.array(wiringView)),
  /** Changes nothing. */
  'wiring:preview': channel(
    z.strictObject({ client: name, action: z.enum(['wire', 'unwire']) }),
    wiringPreview,
  ),
  /** Does what was previewed under that digest, and lets the client in. Widens. */
  'wiring:wire': channel(
    z.strictObject({ client: name, digest: z.string().max(128), confirm }),
    wiringPreview,
  ),
  /** Puts the file back, and shuts the client out where it came in by that. */
  'wiring:unwire': channel(
    z.strictObject({ client: name, digest: z.string().max(128) }),
    wiringPreview,
  ),

  'approvals:list': channel(nothing, z.array(approvalView)),
  'approvals:decide': channel(
    z.strictObject({ id: z.string(), approve: z.boolean(), confirm }),
    z.array(approvalView),
  ),

  'audit:query': channel(
    z.strictObject({
      ...auditFilter,
      /** Rows older than this sequence number (paging backwards). */
      before: z.number().int().positive().optional(),
      /** Rows newer than this sequence number (following). */
      after: z.number().int().nonnegative().optional(),
      limit: z.number().int().min(1).max(1000).default(100),
    }),
    z.array(auditRow),
  ),

  /** Finished calls by client and stretch of time, of the last hours. */
  'audit:summary': channel(
    z.strictObject({
      hours: z.number().int().min(1).max(168).default(24),
      /** Minutes of one stretch. */
      minutes: z.number().int().min(1).max(1440).default(60),
    }),
    summaryView,
  ),

  /**
   * Begins a file for a person to keep, which is made here: the caller names neither its content nor its place. Where the
   * shell has a dialog for it, the person says there where it goes; `file` is null where the person said no.
   */
  'exports:begin': channel(
    z.discriminatedUnion('what', [
      z.strictObject({ what: z.literal('audit'), filter: z.strictObject(auditFilter) }),
      z.strictObject({ what: z.enum(['receipts', 'setup', 'sheet']) }),
    ]),
    z.object({ file: z.object({ id: z.string(), name: z.string() }).nullable() }),
  ),
  /** The next part. `text` is null where it was written to the place that the person chose. */
  'exports:next': channel(
    z.strictObject({ id: z.string().max(64) }),
    z.object({ text: z.string().nullable(), rows: z.number().int(), done: z.boolean() }),
  ),
  /** Gives it up: nothing is left of it. */
  'exports:cancel': channel(z.strictObject({ id: z.string().max(64) }), nothing),

  'updates:get': channel(nothing, updatesView),
  /** One GET, now. */
  'updates:look': channel(nothing, updatesView),
  /** Whether to look once a day. */
  'updates:daily': channel(z.strictObject({ on: z.boolean() }), updatesView),
  /** Opens the page of the newer version in the system browser. */
  'updates:open': channel(nothing, nothing),

  'licences:get': channel(nothing, licencesView),

  /** Opens the window (desktop) or the page in the browser (headless). */
  'ui:open': channel(
    z.strictObject({ browser: z.boolean() }),
    z.object({ url: z.string().nullable(), file: z.string().nullable() }),
  ),
} as const

/** What the companion tells without being asked. */
export const events = {
  'audit:appended': z.array(auditRow),
  /** Something in this area changed: ask again for it. */
  'state:changed': z.object({
    area: z.enum([
      'servers',
      'accounts',
      'clients',
      'secrets',
      'approvals',
      'receipts',
      'imports',
      'wiring',
      'updates',
      'status',
    ]),
  }),
} as const

export type Channels = typeof channels
export type Channel = keyof Channels
export type Input<C extends Channel> = z.input<Channels[C]['input']>
/** The input after its schema has filled defaults: what a handler receives. */
export type Parsed<C extends Channel> = z.output<Channels[C]['input']>
export type Output<C extends Channel> = z.output<Channels[C]['output']>
export type Events = { [E in keyof typeof events]: z.output<(typeof events)[E]> }
export type EventName = keyof Events

/** The error form on every transport: IPC, HTTP and `--json` carry it unchanged. */
export const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
})
export type ErrorView = z.infer<typeof errorSchema>

/** What the renderer holds, over IPC or over loopback HTTP; it cannot tell which. */
export interface CompanionApi {
  /** @throws ContractError */
  call<C extends Channel>(channel: C, input: Input<C>): Promise<Output<C>>
  /** @returns a function that ends the subscription */
  on<E extends EventName>(event: E, listener: (payload: Events[E]) => void): () => void
}
