import type {
  AccountView,
  ApprovalView,
  AuditRow,
  ClientView,
  ConnectedView,
  FindingView,
  ImportView,
  InstallingView,
  LedgerEntryView,
  Output,
  ReceiptView,
  RecordsExport,
  ServerView,
  StatusView,
  StopView,
  UsesView,
  WhyView,
  WiringPreview,
  WiringView,
} from '../../preload/contract/index.ts'

const minute = 60_000
const ago = (ms: number) => new Date(Date.now() - ms).toISOString()

const longArgument = `--allow=${'/home/alice/projects/with-a-long-name/'.repeat(12)}end`

/** What the page's tests see: one of each state there is. */
export function createWorld() {
  const status: StatusView = {
    version: '0.1.0',
    shell: 'headless',
    home: '/home/alice/.local/share/warder',
    pid: 4242,
    startedAt: ago(200 * minute),
    user: 'alice',
    stopped: null,
    paused: null,
    locked: null,
    lockWithScreen: false,
    vault: { kind: 'keychain', state: 'available', why: null },
    http: 'http://127.0.0.1:7411',
    sockets: '/run/user/1000/warder',
    servers: 0,
    accounts: 0,
    signInNeeded: [],
    waiting: [],
    approvals: 0,
    choiceProblems: [],
    plainTokens: 0,
    wiringProblems: [],
    config: null,
  }

  const findings: FindingView[] = [
    {
      code: 'doctor.secret_in_env',
      severity: 'high',
      client: 'cursor',
      file: '/home/alice/.cursor/mcp.json',
      server: 'notes',
      where: 'environment variable NOTES_TOKEN',
      message: 'A credential stands in clear text among the environment variables of a server.',
      mend: '`warder doctor --fix` moves the server into Warder.',
    },
    {
      code: 'doctor.program_missing',
      severity: 'medium',
      client: 'zed',
      file: '/home/alice/.config/zed/settings.json',
      server: 'gone\u202e',
      where: 'command',
      message: 'A server cannot start: its program is not there.',
      mend: 'Install the program, or write its absolute path.',
    },
  ]

  const remote = {
    kind: 'remote' as const,
    command: null,
    package: null,
    injects: [],
    accounts: [],
    choice: null,
    message: null,
  }
  const servers: ServerView[] = [
    {
      ...remote,
      name: 'linear',
      auth: 'oauth',
      url: 'https://mcp.linear.example/mcp',
      accounts: ['linear/alice@example.com'],
      state: 'ready',
    },
    {
      ...remote,
      name: 'github',
      auth: 'oauth',
      url: 'https://api.github.example/mcp/',
      state: 'sign-in-needed',
      message: 'Sign in with `warder connect github`.',
    },
    {
      ...remote,
      name: 'weather',
      auth: 'header',
      url: 'https://weather.example/mcp',
      injects: [{ name: 'X-Api-Key', from: 'secret:weather-key' }],
      state: 'ready',
    },
    {
      name: 'files',
      kind: 'local',
      auth: 'environment',
      url: null,
      command: ['npx', '-y', '@example/files@1.4.2', '/home/alice/My Documents'],
      package: { name: '@example/files', version: '1.4.2' },
      injects: [
        { name: 'FILES_TOKEN', from: 'secret:files' },
        { name: 'TRACKER_TOKEN', from: 'grant:linear' },
      ],
      accounts: [],
      choice: null,
      state: 'held',
      message: null,
    },
    {
      ...remote,
      name: 'broken',
      auth: 'oauth',
      url: 'https://broken.example/mcp',
      state: 'error',
      message: 'The server did not answer in 10 seconds.',
    },
  ]

  const account: AccountView = {
    account: 'github/alice',
    server: 'github',
    kind: 'person',
    subject: 'user-1',
    organisation: null,
    usedBy: [{ client: null, folder: null }],
    issuer: 'https://github.example/login/oauth',
    resource: 'https://api.github.example/mcp/',
    clientId: 'client-1',
    scopes: ['repo', 'read:user'],
    state: 'connected',
    connectedAt: ago(0),
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
  const accounts: AccountView[] = [
    {
      ...account,
      account: 'linear/alice@example.com',
      server: 'linear',
      issuer: 'https://linear.example',
      scopes: ['read', 'write', 'issues:create'],
      connectedAt: ago(3 * 24 * 60 * minute),
    },
  ]
  const flow: Output<'accounts:connect'> = {
    flow: 'flow-1',
    url: 'https://github.example/login/oauth/authorize?client_id=client-1',
    host: 'github.example',
    issuer: 'https://github.example/login/oauth',
    otherIssuers: [],
    scopes: ['repo', 'read:user'],
    expiresAt: ago(-10 * minute),
    linkExpiresAt: null,
    device: null,
    deviceOffered: false,
  }

  const codeFlow: Output<'accounts:connect'> = {
    ...flow,
    flow: 'flow-2',
    url: 'https://github.example/login/device',
    device: {
      userCode: 'WDJB-MJHT',
      complete: 'https://github.example/login/device?user_code=WDJB-MJHT',
    },
    deviceOffered: true,
  }

  const client: ClientView = {
    name: 'claude-desktop',
    state: 'active',
    socket: '/run/user/1000/warder/claude-desktop.sock',
    addedAt: ago(4 * 24 * 60 * minute),
    lastSeenAt: ago(2 * minute),
    choices: [],
  }

  const approvals: ApprovalView[] = [
    {
      id: 'approval-1',
      kind: 'server.run',
      title: 'Run a changed command for files',
      lines: [
        'Command: npx -y @example/files@1.4.2',
        `Argument: ${longArgument}`,
        'Injects: FILES_TOKEN from secret “files”',
        'Hidden: before\u202Eafter',
      ],
      since: ago(14 * minute),
    },
  ]

  const receiptFor = (of: AccountView): ReceiptView => ({
    id: `receipt-${of.account}`,
    account: of.account,
    server: of.server,
    issuer: of.issuer,
    reason: 'Revoked in the window',
    startedAt: ago(0),
    state: 'proven',
    steps: [
      step('local', 'done', 'Calls are refused, 1 stream was cut.', null),
      step('revoke-refresh-token', 'done', 'The provider accepted the revocation.', 200),
      step('revoke-access-token', 'not-needed', 'It ended with the refresh token.', null),
      step('probe', 'done', 'The old token was refused.', 401),
    ],
    remains: null,
    signature: null,
  })
  const receipts: ReceiptView[] = [
    {
      ...receiptFor(account),
      id: 'receipt-1',
      account: 'slack/bob',
      server: 'slack',
      issuer: 'https://slack.example',
      startedAt: ago(26 * 60 * minute),
      state: 'local-only',
      steps: [
        step('local', 'done', 'The token was deleted from the keychain.', null),
        step('revoke-access-token', 'unsupported', 'slack.example has no way to revoke.', null),
      ],
      remains: 'The access token may live on until 22 November 2026, 10:00 UTC.',
    },
  ]

  const why: WhyView = {
    account: 'linear/alice@example.com',
    server: 'linear',
    issuer: 'https://linear.example',
    state: 'sign-in-needed',
    sentences: ['Signed out on Tuesday: the provider answered invalid_grant.'],
    mend: 'warder connect linear',
    retryAt: null,
    quirks: [{ name: 'no-refresh-token', meaning: 'It gives no refresh token.' }],
    entries: [ledgerEntry('signed out', 1), ledgerEntry('renewal ahead of expiry: refused', 2)],
  }
  const signed = {
    version: 3,
    signature: 'c2lnbmF0dXJl',
    key: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    publicKey: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  }
  const stopRecord = (): StopView => ({
    id: 'stop-1',
    at: ago(0),
    localMs: 12,
    resumedAt: null,
    grants: [
      { account: 'linear/alice@example.com', receipt: 'r1', state: 'proven', remains: null },
      {
        account: 'slack/bob',
        receipt: 'r2',
        state: 'pending',
        remains:
          'The provider has not confirmed the revocation yet: take the token as valid there.',
      },
    ],
    clients: [
      { name: 'cursor', bearer: 'void', sessionsCut: 2 },
      { name: 'desk', bearer: 'void', sessionsCut: 0 },
    ],
    children: [
      { server: 'files', pid: 4711, ended: true },
      { server: 'stubborn', pid: 4712, ended: false },
    ],
    secrets: [{ name: 'files', server: 'files', note: 'Warder cannot revoke it.' }],
    failures: [
      'The process 4712 of stubborn was not seen to end: if it is still there, end it by hand.',
    ],
    signature: signed,
  })
  const exported: RecordsExport = {
    format: 'warder.records',
    version: 1,
    exportedAt: ago(0),
    keys: { [signed.key]: signed.publicKey },
    records: [
      {
        document: { kind: 'receipt', id: 'receipt-1', version: 1 },
        signature: signed.signature,
        key: signed.key,
      },
    ],
  }

  const found: ImportView = {
    id: '3f2a91c07d54',
    program: 'mcp-remote',
    file: '/home/alice/.mcp-auth/mcp-remote-v1/0_tokens.json',
    server: 'github',
    serverName: null,
    serverUrl: null,
    issuer: 'https://github.example/login/oauth',
    scopes: ['repo'],
    renewable: true,
    live: true,
    readableByOthers: true,
    writtenAt: ago(minute),
    expiresAt: null,
    adoptedAs: null,
  }

  const presets: Output<'presets:list'> = [
    {
      name: 'linear',
      title: 'Linear',
      url: 'https://mcp.linear.example/mcp',
      tenant: null,
      registration: 'automatic',
      notes: [],
    },
    {
      name: 'entra',
      title: 'Microsoft Entra ID',
      url: null,
      tenant: { what: 'your directory', example: 'contoso.example', usual: null },
      registration: 'by-hand',
      notes: ['The directory has to allow it.'],
    },
  ]
  const seen = {
    issuer: 'https://id.notes.example',
    otherIssuers: [],
    resource: 'https://mcp.notes.example/mcp',
    scopes: ['openid', 'notes:read', 'notes:write'],
    registration: 'dynamic' as const,
    device: false,
    services: false,
    revocation: true,
    introspection: true,
  }
  const looks: Record<string, Output<'servers:look'>> = {
    'https://mcp.notes.example/mcp': {
      asks: 'sign-in',
      status: 401,
      found: seen,
      problem: null,
    },
    'https://keyed.example/mcp': {
      asks: 'key',
      status: 401,
      found: null,
      problem: { code: 'oauth.metadata_invalid', message: 'The server names no provider.' },
    },
    'https://open.example/mcp': { asks: 'nothing', status: 200, found: null, problem: null },
  }
  const tool = (name: string, tokens: number, description: string | null = null) => ({
    name,
    description,
    tokens,
  })
  const tested: Output<'servers:test'> = {
    protocolVersion: '2025-11-25',
    server: { name: 'Linear MCP', version: '2.1.0' },
    tools: ['create_issue', 'list_issues', 'delete_issue'],
    described: [
      tool('create_issue', 412, 'Makes an issue in a team, with a title and what it is about.'),
      tool('list_issues', 230, 'Issues of a team, newest first.'),
      tool('delete_issue', 120, 'Deletes an issue for good.'),
    ],
    latencyMs: 184,
  }

  const wiring = (client: string, title: string, more: Partial<WiringView> = {}): WiringView => ({
    client,
    title,
    installed: true,
    running: false,
    file: `/home/alice/.${client}/mcp.json`,
    fileState: 'read',
    servers: [],
    wired: null,
    problem: null,
    letIn: false,
    ...more,
  })

  return {
    updates: {
      place: null,
      daily: false,
      lookedAt: null,
      newer: null,
      problem: null,
      install: 'Download the .dmg.',
    } as Output<'updates:get'>,
    vaults: ['file'] as ('keychain' | 'file')[],
    findings,
    /** Tools that were taken from Cursor. */
    taken: ['delete_issue'],
    autostart: null as boolean | null,
    wirings: [wiring('cursor', 'Cursor'), wiring('zed', 'Zed', { installed: false })],
    preview: (action: 'wire' | 'unwire'): WiringPreview => ({
      action,
      client: 'cursor',
      file: '/home/alice/.cursor/mcp.json',
      changes: true,
      digest: 'digest-1',
      diff: [' {', '-  "mcpServers": {}', '+  "mcpServers": { "warder": {} }', ' }'],
      notes: ['A copy of the file is kept.'],
      next: 'Restart Cursor so that it reads the file.',
    }),
    presets,
    looks,
    tested,
    tools: {
      linear: [...tested.described, tool('search', 640, 'Finds issues by words.')],
      weather: [tool('get_forecast', 310, 'The weather of the next days at a place.')],
    } as Record<string, ReturnType<typeof tool>[]>,
    running: [
      { server: 'files', pid: 4711, accounts: ['linear/alice@example.com'] },
    ] as Output<'servers:running'>,
    installing: [] as InstallingView[],
    log: ['files: listening', 'files: 3 folders'] as string[],
    secrets: [] as Output<'secrets:list'>,
    /** Until then it is looked what a new server comes to. */
    looking: Promise.resolve(),
    /** What the companion would show of a definition. */
    newestPackage: '1.4.2',
    serverFrom: (name: string, definition: Record<string, unknown>): ServerView => {
      const { url, command, args } = definition
      const auth = definition.auth === 'header' || definition.auth === 'public'
      const local = typeof command === 'string'
      return {
        ...remote,
        name,
        kind: local ? 'local' : 'remote',
        auth: local ? 'environment' : auth ? (definition.auth as 'header' | 'public') : 'oauth',
        url: typeof url === 'string' ? url : null,
        command: local ? [command, ...(args as string[])] : null,
        state: local || auth ? 'ready' : 'sign-in-needed',
      }
    },
    uses: {
      'linear/alice@example.com': {
        clients: [
          { client: 'cursor', calls: 12, lastAt: ago(5 * minute), last: 'create_issue' },
          { client: 'claude-desktop', calls: 1, lastAt: ago(90 * minute), last: 'search' },
        ],
        whole: true,
      },
    } as Record<string, UsesView>,
    found,
    imports: [] as ImportView[],
    why,
    /** What a sign-in that ends says of its account. */
    connected: {
      named: 'provider' as ConnectedView['named'],
      insteadOf: null as string | null,
    },
    status,
    stops: [] as StopView[],
    stopRecord,
    exported,
    servers,
    account,
    accounts,
    flow,
    codeFlow,
    client,
    clients: [client, { ...client, name: 'cursor', lastSeenAt: null }] as ClientView[],
    approvals,
    longArgument,
    receipts,
    receiptFor,
    audit: auditRows(40),
    /** Among which a person has to choose before a sign-in begins. */
    issuers: [] as string[],
    /** No browser can be opened for a sign-in. */
    browserFails: false,
    /** The channel that answers with an error. */
    refuses: '',
  }
}

const ledgerEntry = (text: string, minutes: number): LedgerEntryView => ({
  at: ago(minutes * minute),
  event: 'renewal',
  reason: 'start',
  outcome: 'refused',
  endedAt: null,
  cutShort: false,
  rotated: null,
  error: null,
  status: 400,
  code: null,
  tokenAgeMs: null,
  sleptMs: null,
  retryAt: null,
  text,
})

const endpoints = { local: null, probe: 'https://api.example/mcp' } as Record<string, string | null>

function step(
  name: ReceiptView['steps'][number]['step'],
  outcome: ReceiptView['steps'][number]['outcome'],
  detail: string,
  status: number | null,
): ReceiptView['steps'][number] {
  const endpoint = status === null ? null : (endpoints[name] ?? 'https://auth.example/revoke')
  return { at: ago(0), step: name, endpoint, status, outcome, detail }
}

/** One row of the audit with what the test cares about changed. */
export function row(change: Partial<AuditRow> & { seq: number }): AuditRow {
  return {
    at: ago(0),
    call: `call-${change.seq}`,
    phase: 'intent',
    user: 'alice',
    client: 'claude-desktop',
    proof: 'same-user',
    session: null,
    server: 'linear',
    account: 'linear/alice@example.com',
    method: 'tools/call',
    target: 'create_issue',
    decision: 'allow',
    rule: 'rules[0]',
    argumentKeys: ['title', 'team'],
    bytes: 412,
    outcome: null,
    code: null,
    latencyMs: null,
    masked: 0,
    ...change,
  }
}

const tools = ['create_issue', 'list_issues', 'search', 'read_file', 'get_forecast']
const ends = ['ok', 'ok', 'ok', 'tool-error', 'ok', 'error', 'ok', 'cancelled'] as const

/** Intents and outcomes of so many calls, newest first. Every seventh is denied. */
export function auditRows(calls: number): AuditRow[] {
  const rows = Array.from({ length: calls }, (_, at) => {
    const denied = at % 7 === 3
    const of = {
      call: `old-${at}`,
      at: ago((calls - at) * 2 * minute),
      client: at % 3 === 0 ? 'cursor' : 'claude-desktop',
      server: at % 4 === 0 ? 'weather' : 'linear',
      target: tools[at % tools.length] ?? null,
      decision: denied ? ('deny' as const) : ('allow' as const),
      rule: denied ? 'no rule allows it' : 'rules[0]',
      code: denied ? 'policy.denied' : null,
    }
    const outcome = denied ? ('denied' as const) : (ends[at % ends.length] ?? 'ok')
    return [
      row({ ...of, seq: at * 2 + 1 }),
      row({
        ...of,
        seq: at * 2 + 2,
        phase: 'outcome',
        outcome,
        latencyMs: denied ? 1 : 80 + ((at * 37) % 1900),
        bytes: 1800,
      }),
    ]
  })
  return rows.flat().reverse()
}
