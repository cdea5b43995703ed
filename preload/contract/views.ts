import { z } from 'zod'

/** What the window, the tray and the command line are shown. No view ever has room for a secret. */

/** An instant as RFC 3339 in UTC. */
export const instant = z.iso.datetime()

const vaultView = z.object({
  kind: z.enum(['keychain', 'file', 'memory', 'none']),
  state: z.enum(['available', 'locked', 'absent']),
  /** Why the vault is not a better one; null where it is the keychain and it works. */
  why: z.string().nullable(),
})

const serverState = z.enum(['ready', 'sign-in-needed', 'held', 'error'])

/** Where an account is used; without a client: by whoever has none chosen. */
const accountUse = z.object({ client: z.string().nullable(), folder: z.string().nullable() })

/** Which account of a server was chosen, for a client, for a folder of it, or for whoever has none chosen. */
export const choiceView = accountUse.extend({
  server: z.string(),
  /** Null: none, once a choice was taken back. */
  account: z.string().nullable(),
  /** What is wrong with it and what mends it, in sentences; calls are refused meanwhile. */
  problem: z.string().nullable(),
})

export const serverView = z.object({
  name: z.string(),
  kind: z.enum(['remote', 'local']),
  auth: z.enum(['oauth', 'service', 'header', 'public', 'environment']),
  url: z.string().nullable(),
  /** Command and arguments of a local server, untruncated; null for a remote one. */
  command: z.array(z.string()).nullable(),
  /** The npm package that it runs from, at the version that was approved; null where it runs from none. */
  package: z.object({ name: z.string(), version: z.string() }).nullable(),
  /** `NAME` of each variable or header that is injected, and where from (`secret:NAME`, `grant:SERVER`). */
  injects: z.array(z.object({ name: z.string(), from: z.string() })),
  accounts: z.array(z.string()),
  /** The account of clients that have none chosen; null: the one that was connected first. */
  choice: choiceView.nullable(),
  state: serverState,
  message: z.string().nullable(),
})

const grantStates = ['connected', 'sign-in-needed', 'frozen', 'revoking'] as const

export const accountView = z.object({
  /** `SERVER/ACCOUNT`: the name to give to `connect`, `revoke` and `why`. */
  account: z.string(),
  server: z.string(),
  /** Who signed in: a person, Warder as a service, or nobody anew, where another account's token is exchanged. */
  kind: z.enum(['person', 'service', 'exchange']),
  /** The provider's own identifier of the person; null where it names nobody. */
  subject: z.string().nullable(),
  /** Tenant, domain or organisation, as the provider writes it. */
  organisation: z.string().nullable(),
  usedBy: z.array(accountUse),
  issuer: z.string(),
  resource: z.string(),
  clientId: z.string(),
  scopes: z.array(z.string()),
  /** Asked for at the sign-in, and not granted. */
  withheld: z.array(z.string()),
  /** What calls were refused for want of, and which calls (`the tool send_mail`), since Warder started. */
  lacking: z.array(z.object({ scope: z.string(), operations: z.array(z.string()) })),
  /** Its server's definition says which scopes are asked for, and no sign-in asks for others. */
  scopesFixed: z.boolean(),
  state: z.enum(grantStates),
  connectedAt: instant,
  refreshedAt: instant.nullable(),
  accessTokenExpiresAt: instant.nullable(),
  renewable: z.boolean(),
  /** What it was made in spite of: the exceptions of its provider's profile, by name. */
  quirks: z.array(z.string()),
  /** Why nobody uses it, whatever was chosen: it was connected in another way than its server's definition says. */
  unused: z.string().nullable(),
  /** What revoking it does beyond it, to be said before; null where it does nothing more. */
  revokeWarning: z.string().nullable(),
  /** `dpop`: its tokens are good only together with a key that is in the vault (RFC 9449). Null: whoever holds one may use it. */
  bound: z.enum(['dpop']).nullable(),
})

/** Finished calls that used an account, by client, the latest first; those that were refused used nothing. */
export const usesView = z.object({
  clients: z.array(
    z.object({
      client: z.string(),
      calls: z.number().int(),
      lastAt: instant,
      /** What the last one was: the tool or another target, else the method. */
      last: z.string(),
    }),
  ),
  /** False where there are more calls than were looked at: the oldest are not counted. */
  whole: z.boolean(),
})

/** What came of a sign-in. */
export const connectedView = accountView.extend({
  /** `nobody`: it has a name that stands in until the person gives one (`accounts:name`). */
  named: z.enum(['provider', 'person', 'nobody']),
  /** The account that was to be signed in again, where another one has signed in; that one is as it was. */
  insteadOf: z.string().nullable(),
})

/** Something that is wrong with the clients and servers of this machine. No member ever holds a value that was looked at. */
export const findingView = z.object({
  /** In docs/doctor.md. */
  code: z.string(),
  severity: z.enum(['high', 'medium', 'low']),
  client: z.string().nullable(),
  file: z.string().nullable(),
  server: z.string().nullable(),
  /** The environment variable, header, argument or part of the URL. */
  where: z.string().nullable(),
  message: z.string(),
  mend: z.string(),
})

/** What became, or would become, of servers that clients had by themselves. No value of theirs is in it. */
export const adoptionView = z.object({
  done: z.boolean(),
  servers: z.array(
    z.object({
      name: z.string(),
      from: z.array(z.object({ client: z.string(), file: z.string(), name: z.string() })),
      secrets: z.array(z.string()),
    }),
  ),
  /** Files of clients that change. */
  files: z.array(z.string()),
  /** Clients that come in with it. */
  clients: z.array(z.string()),
  /** Files that others have no rights to any more; modes in octal. */
  rights: z.array(z.object({ file: z.string(), was: z.string(), now: z.string() })),
  /** Files of variables that servers read; they stay as they are, credentials included. */
  envFiles: z.array(z.string()),
  left: z.array(
    z.object({
      client: z.string(),
      file: z.string(),
      name: z.string(),
      /** In docs/doctor.md, or of an error. */
      code: z.string(),
      problem: z.string(),
    }),
  ),
})

export const undoneAdoptionView = z.object({
  files: z.array(z.string()),
  servers: z.array(z.string()),
  /** Servers that were changed since, and stay. */
  kept: z.array(z.string()),
})

export const secretView = z.object({
  name: z.string(),
  /** The server it may be sent to (`provider:NAME` for that of a profile), or null while it is bound to none. */
  server: z.string().nullable(),
  setAt: instant,
})

export const clientView = z.object({
  name: z.string(),
  state: z.enum(['active', 'held']),
  socket: z.string().nullable(),
  addedAt: instant.nullable(),
  lastSeenAt: instant.nullable(),
  choices: z.array(choiceView),
})

/** One step of a revocation, in the words of what happened. */
const receiptStep = z.object({
  at: instant,
  step: z.enum([
    'local',
    'revoke-refresh-token',
    'revoke-access-token',
    'introspect-refresh-token',
    'introspect-access-token',
    'probe',
    'try-refresh',
    'delete-registration',
  ]),
  endpoint: z.string().nullable(),
  /** HTTP status that the other side answered, null where none was asked or none came. */
  status: z.number().int().nullable(),
  outcome: z.enum(['done', 'failed', 'pending', 'unsupported', 'not-needed']),
  detail: z.string(),
})

/** What a record is signed with: Ed25519 (RFC 8032) over its document in canonical JSON (RFC 8785), base64url. */
export const signatureView = z.object({
  version: z.number().int(),
  /** Null while the vault that has the key is locked, or what it holds of the key is damaged. */
  signature: z.string().nullable(),
  key: z.string().nullable(),
  publicKey: z.string().nullable(),
  /** Why it is not signed, in a sentence, where that is known. */
  why: z.string().optional(),
})

export const receiptView = z.object({
  id: z.string(),
  account: z.string(),
  server: z.string(),
  issuer: z.string(),
  reason: z.string(),
  startedAt: instant,
  /** `proven`: every token was seen dead. `revoked`: the provider said so. `pending`: queued, tried again.
   * `local-only`: the provider has no way to revoke. */
  state: z.enum(['proven', 'revoked', 'pending', 'local-only']),
  steps: z.array(receiptStep),
  /** What may live on, and until when, in a sentence; null where nothing does. */
  remains: z.string().nullable(),
  /** Null where it is not kept as a record yet. */
  signature: signatureView.nullable(),
})

/** What `stop:now` did, in full; its grants follow their receipts until these are settled. */
export const stopRecord = z.object({
  id: z.string(),
  at: instant,
  /** Until nothing was usable on this machine any more; null where Warder ended before it had measured that. */
  localMs: z.number().nullable(),
  resumedAt: instant.nullable(),
  grants: z.array(
    z.object({
      account: z.string(),
      receipt: z.string(),
      state: receiptView.shape.state,
      remains: z.string().nullable(),
    }),
  ),
  clients: z.array(
    z.object({ name: z.string(), bearer: z.literal('void'), sessionsCut: z.number().int() }),
  ),
  children: z.array(z.object({ server: z.string(), pid: z.number().int(), ended: z.boolean() })),
  secrets: z.array(z.object({ name: z.string(), server: z.string().nullable(), note: z.string() })),
  /** What could not be done, in sentences. */
  failures: z.array(z.string()),
})

/** Records to be taken away and verified anywhere, without a companion. */
/** A record of a stop with what it is signed with; null where it is not kept yet. */
export const stopView = stopRecord.extend({ signature: signatureView.nullable() })
export const recordsExport = z.object({
  format: z.literal('warder.records'),
  version: z.literal(1),
  exportedAt: instant,
  /** Public keys (Ed25519, base64url) by their RFC 7638 thumbprints. */
  keys: z.record(z.string(), z.string()),
  records: z.array(
    z.object({
      /** What is signed: `kind`, `id`, `version`, `at` and `content`. */
      document: z.record(z.string(), z.unknown()),
      signature: z.string().nullable(),
      key: z.string().nullable(),
    }),
  ),
})

const renewalReasons = [
  'ahead-of-expiry',
  'rejected-by-resource',
  'start',
  'proof',
  'import',
] as const
const signOutReasons = ['provider', 'resource', 'expired', 'vault'] as const
const freezeReasons = ['unbound'] as const

/** One line in the life of an account. Durations are in milliseconds. */
export const ledgerEntry = z.object({
  at: instant,
  event: z.enum(['renewal', 'signed-in', 'signed-out', 'frozen', 'revoked']),
  /** Why a renewal was asked for, or why the account was signed out or is held. */
  reason: z.enum([...renewalReasons, ...signOutReasons, ...freezeReasons]).nullable(),
  /** Of a renewal, as the rest; null while it is under way, or where Warder ended in the middle of it. */
  outcome: z.enum(['renewed', 'refused', 'unavailable', 'not-stored', 'held']).nullable(),
  endedAt: instant.nullable(),
  cutShort: z.boolean(),
  /** The provider replaced the refresh token. */
  rotated: z.boolean().nullable(),
  /** The provider's error code (RFC 6749 §5.2). */
  error: z.string().nullable(),
  status: z.number().int().nullable(),
  /** Warder's own error code. */
  code: z.string().nullable(),
  tokenAgeMs: z.number().nullable(),
  /** Negative where the clock was set back. */
  sleptMs: z.number().nullable(),
  retryAt: instant.nullable(),
  /** All that in words. */
  text: z.string(),
})

/** What an account is, and how that came about. */
export const whyView = z.object({
  account: z.string(),
  server: z.string(),
  issuer: z.string(),
  /** `gone`: it was revoked; the ledger still knows it. */
  state: z.enum([...grantStates, 'gone']),
  /** The state and its reason in sentences, times in the time zone of the companion. */
  sentences: z.array(z.string()),
  /** What mends it; null where nothing has to be mended. */
  mend: z.string().nullable(),
  /** When a provider that did not answer is asked again; null where nothing waits. */
  retryAt: instant.nullable(),
  /** What it was made in spite of: the exceptions of its provider, as sentences. */
  quirks: z.array(z.object({ name: z.string(), meaning: z.string() })),
  /** Newest first. */
  entries: z.array(ledgerEntry),
})

export const auditRow = z.object({
  seq: z.number().int(),
  at: instant,
  /** Ties the intent and the outcome of one call together. */
  call: z.string(),
  phase: z.enum(['intent', 'outcome']),
  user: z.string(),
  client: z.string(),
  /** How the client was told apart: its socket (any program of this user may use it) or its bearer. */
  proof: z.enum(['same-user', 'bearer', 'none']),
  session: z.string().nullable(),
  server: z.string(),
  account: z.string().nullable(),
  method: z.string(),
  /** Tool or prompt name, or resource URI without query and fragment. */
  target: z.string().nullable(),
  decision: z.enum(['allow', 'deny']),
  /** The deciding rule on one line, or the reason where none decided. */
  rule: z.string(),
  argumentKeys: z.array(z.string()),
  /** Bytes of the message: the request for an intent, the answer for an outcome. */
  bytes: z.number().int(),
  outcome: z.enum(['ok', 'tool-error', 'error', 'denied', 'cancelled', 'lost']).nullable(),
  code: z.string().nullable(),
  latencyMs: z.number().nullable(),
  /** How many times a known secret was masked in the answer. */
  masked: z.number().int(),
})

export const approvalView = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  lines: z.array(z.string()),
  since: instant,
  /** False where nobody can allow it: it can only be put away. */
  approvable: z.boolean().optional(),
})

/** A tool as its server listed it last, held against what was pinned. */
export const toolPinView = z.object({
  name: z.string(),
  /** `to-look-at`: in use, and a person should read it. `denied`: held, and nobody is asked again. */
  state: z.enum(['pinned', 'to-look-at', 'held', 'denied']),
  since: instant,
  /** SHA-256 of what it says of itself, in canonical JSON. */
  fingerprint: z.string(),
  /** What `approvals:decide` takes for it; null where there is nothing to decide. */
  approval: z.string().nullable(),
  /** What is to be said about it; each continues a sentence that begins with the tool. */
  words: z.array(z.string()),
})

/** A token that another program keeps in a plain file; never the token. */
export const importView = z.object({
  id: z.string(),
  program: z.string(),
  file: z.string(),
  /** The server of Warder's that it is of; null where there is none, or the file does not say. */
  server: z.string().nullable(),
  /** What its program calls the server, and where that is; null where the file does not say. */
  serverName: z.string().nullable(),
  serverUrl: z.string().nullable(),
  issuer: z.string().nullable(),
  scopes: z.array(z.string()),
  /** It has a refresh token. */
  renewable: z.boolean(),
  /** It can be renewed, or is not over. */
  live: z.boolean(),
  /** Other users of this machine can read it. */
  readableByOthers: z.boolean(),
  writtenAt: instant,
  /** Of the access token; null where the file does not say. */
  expiresAt: instant.nullable(),
  /** The account that Warder made of it, while its program has not written since. */
  adoptedAs: z.string().nullable(),
})

/** An MCP client on this machine and the configuration of its user. Of its servers, names only. */
export const wiringView = z.object({
  client: z.string(),
  title: z.string(),
  installed: z.boolean(),
  /** Null where the system does not tell. */
  running: z.boolean().nullable(),
  file: z.string(),
  fileState: z.enum(['absent', 'read', 'broken', 'unusable']),
  servers: z.array(
    z.object({
      name: z.string(),
      transport: z.enum(['stdio', 'http', 'sse', 'unknown']),
      /** It starts Warder. */
      ours: z.boolean(),
    }),
  ),
  /** What became of what Warder wrote; null where it wrote nothing. */
  wired: z.enum(['wired', 'changed', 'removed', 'unreadable']).nullable(),
  /** What is wrong with the file or the wiring, in a sentence. */
  problem: z.string().nullable(),
  /** The client may call. */
  letIn: z.boolean(),
})

/** What would be changed, or was, in the configuration of a client. */
export const wiringPreview = z.object({
  action: z.enum(['wire', 'unwire']),
  client: z.string(),
  file: z.string(),
  changes: z.boolean(),
  /** Names this change of this file, for `wiring:wire` and `wiring:unwire`. */
  digest: z.string(),
  /** Lines of a unified diff; values of other servers are left out. */
  diff: z.array(z.string()),
  notes: z.array(z.string()),
  /** What to do then so that the client reads it. */
  next: z.string(),
})

/** What was overwritten and taken out; `problem` in a sentence where that failed. */
export const shreddedView = z.object({
  files: z.array(z.string()),
  problem: z.string().nullable(),
})

export const statusView = z.object({
  version: z.string(),
  shell: z.enum(['desktop', 'headless']),
  home: z.string(),
  pid: z.number().int(),
  startedAt: instant,
  user: z.string(),
  /** Since when everything is stopped; null where it is not. */
  stopped: instant.nullable(),
  /** Since when every call is refused, with nothing revoked; null where that is not so. */
  paused: instant.nullable(),
  /** As `paused`, and only what narrows is answered (`policy.locked` else). */
  locked: instant.nullable(),
  /** Warder locks with the screen of the machine, where the shell hears of that. */
  lockWithScreen: z.boolean(),
  vault: vaultView,
  /** Base URL of the token door; a server is at `/mcp/NAME`. */
  http: z.string(),
  sockets: z.string(),
  servers: z.number().int(),
  accounts: z.number().int(),
  /** `SERVER` where nobody is signed in yet, `SERVER/ACCOUNT` of each account that has to sign in again. */
  signInNeeded: z.array(z.string()),
  /** Calls that wait for a sign-in at this server, and run if it comes in time. */
  waiting: z.array(
    z.object({ server: z.string(), client: z.string(), calls: z.number().int().positive() }),
  ),
  approvals: z.number().int(),
  /** Choices of accounts that cannot be followed. */
  choiceProblems: z.array(z.string()),
  /** Tokens of other programs in plain files, which whoever reads them could use: `imports:list`. */
  plainTokens: z.number().int(),
  /** What clients did to what was wired, and what mends it, in sentences. */
  wiringProblems: z.array(z.string()),
  /** Sentence about config.json when the last edit was refused, else null. */
  config: z.string().nullable(),
})

export type VaultView = z.infer<typeof vaultView>
export type ServerView = z.infer<typeof serverView>
export type AccountUse = z.infer<typeof accountUse>
export type ChoiceView = z.infer<typeof choiceView>
export type ConnectedView = z.infer<typeof connectedView>
export type UsesView = z.infer<typeof usesView>
export type AccountView = z.infer<typeof accountView>
export type FindingView = z.infer<typeof findingView>
export type SecretView = z.infer<typeof secretView>
export type ClientView = z.infer<typeof clientView>
export type ReceiptStep = z.infer<typeof receiptStep>
export type ReceiptView = z.infer<typeof receiptView>
export type LedgerEntryView = z.infer<typeof ledgerEntry>
export type WhyView = z.infer<typeof whyView>
export type AuditRow = z.infer<typeof auditRow>
export type ApprovalView = z.infer<typeof approvalView>
export type ToolPinView = z.infer<typeof toolPinView>
export type ImportView = z.infer<typeof importView>
export type ShreddedView = z.infer<typeof shreddedView>
export type WiringView = z.infer<typeof wiringView>
export type WiringPreview = z.infer<typeof wiringPreview>
export type StatusView = z.infer<typeof statusView>
export type SignatureView = z.infer<typeof signatureView>
export type StopRecord = z.infer<typeof stopRecord>
export type StopView = z.infer<typeof stopView>
export type RecordsExport = z.infer<typeof recordsExport>
