import type {
  AccountView,
  ApprovalView,
  AuditRow,
  ClientView,
  ConnectedView,
  ImportView,
  ReceiptView,
  SecretView,
  ServerView,
  StatusView,
  ToolPinView,
} from '../../preload/contract/index.ts'

/** One of everything the companion shows, for tests that look at how it is shown. */

const at = '2026-11-21T09:00:00.000Z'

export const statusSample: StatusView = {
  version: '0.1.0',
  shell: 'headless',
  home: '/home/ada/.local/share/warder',
  pid: 4711,
  startedAt: at,
  user: 'ada',
  stopped: null,
  paused: null,
  locked: null,
  lockWithScreen: false,
  vault: { kind: 'none', state: 'absent', why: 'No keychain service answers.' },
  http: 'http://127.0.0.1:7100',
  sockets: '/run/user/1000/warder-0123456789ab',
  servers: 2,
  accounts: 1,
  signInNeeded: ['github', 'linear/ada@example.com'],
  waiting: [],
  approvals: 1,
  choiceProblems: [],
  plainTokens: 2,
  wiringProblems: ['Warder is no longer in /h/mcp.json of Cursor: `warder wire cursor` mends it'],
  config: null,
}

export const remoteSample: ServerView = {
  name: 'linear',
  kind: 'remote',
  auth: 'oauth',
  url: 'https://mcp.linear.example/mcp',
  command: null,
  package: null,
  injects: [],
  accounts: [],
  choice: null,
  state: 'sign-in-needed',
  message: null,
}

export const localSample: ServerView = {
  name: 'notes',
  kind: 'local',
  auth: 'environment',
  url: null,
  command: ['/usr/bin/node', '/opt/notes/server.js', 'a b'],
  package: null,
  injects: [{ name: 'API_TOKEN', from: 'secret:notes-token' }],
  accounts: [],
  choice: null,
  state: 'ready',
  message: null,
}

export const secretSample: SecretView = { name: 'notes-token', server: 'notes', setAt: at }

export const accountSample: AccountView = {
  account: 'linear/ada@example.com',
  server: 'linear',
  kind: 'person',
  subject: 'user-1',
  organisation: null,
  usedBy: [{ client: null, folder: null }],
  issuer: 'https://auth.linear.example',
  resource: 'https://mcp.linear.example/mcp',
  clientId: 'client-1',
  scopes: ['read', 'write'],
  state: 'connected',
  connectedAt: at,
  refreshedAt: null,
  accessTokenExpiresAt: null,
  withheld: [],
  lacking: [],
  scopesFixed: false,
  renewable: true,
  quirks: [],
  unused: null,
  revokeWarning: null,
  bound: null,
}

export const connectedSample: ConnectedView = {
  ...accountSample,
  named: 'provider',
  insteadOf: null,
}

export const receiptSample: ReceiptView = {
  signature: null,
  id: 'receipt-1',
  account: 'linear/ada@example.com',
  server: 'linear',
  issuer: 'https://auth.linear.example',
  reason: 'asked for',
  startedAt: at,
  state: 'pending',
  steps: [
    { at, step: 'local', endpoint: null, status: null, outcome: 'done', detail: 'Out of use.' },
    {
      at,
      step: 'revoke-refresh-token',
      endpoint: 'https://auth.linear.example/revoke',
      status: 503,
      outcome: 'pending',
      detail: 'The provider did not answer as it should.',
    },
  ],
  remains: 'The access token may live until 10:00.',
}

export const importSample: ImportView = {
  id: '3f2a91c07d54',
  program: 'mcp-remote',
  file: '/home/ada/.mcp-auth/mcp-remote-v1/0_tokens.json',
  server: 'linear',
  serverName: null,
  serverUrl: null,
  issuer: 'https://auth.linear.example',
  scopes: ['read'],
  renewable: true,
  live: true,
  readableByOthers: true,
  writtenAt: at,
  expiresAt: null,
  adoptedAs: null,
}

export const clientSample: ClientView = {
  name: 'cursor',
  state: 'active',
  socket: '/run/user/1000/warder-0123456789ab/client-cursor.sock',
  addedAt: at,
  lastSeenAt: null,
  choices: [],
}

export const approvalSample: ApprovalView = {
  id: 'change-1',
  kind: 'rule.allow',
  title: 'Allow more',
  lines: ['allow cursor to call every tool of linear'],
  since: at,
}

export const impossibleSample: ApprovalView = {
  ...approvalSample,
  id: 'tool-1',
  kind: 'tool.use',
  title: 'The tool a\\u{1b} of linear is withheld',
  approvable: false,
}

export const toolPinSample: ToolPinView = {
  name: 'r\u202eead',
  state: 'held',
  since: at,
  fingerprint: '00',
  approval: 'tool-1',
  words: ['has a name that cannot be seen as it is'],
}

export const auditSample = (changes: Partial<AuditRow>): AuditRow => ({
  seq: 1,
  at,
  call: 'call-1',
  phase: 'outcome',
  user: 'ada',
  client: 'cursor',
  proof: 'bearer',
  session: null,
  server: 'linear',
  account: null,
  method: 'tools/call',
  target: 'create_issue',
  decision: 'allow',
  rule: '0',
  argumentKeys: ['title'],
  bytes: 120,
  outcome: 'ok',
  code: null,
  latencyMs: 41.5,
  masked: 0,
  ...changes,
})
