import type { Output, ServerView } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { type Context, examples, type Verb } from './context.ts'
import { type Line, type Segment, table } from './output.ts'
import { withPresence } from './presence.ts'
import { presetLines, presetViews } from './presets.ts'
import { commandLine } from './printable.ts'
import { receiptLines } from './receipt-lines.ts'
import { type ServerOptions, serverDefinition } from './server-definition.ts'
import { addFrom, type FromOptions } from './server-from.ts'

export const addServer: Verb = (program, action) => {
  const server = program
    .command('server')
    .summary('the MCP servers: look, add, list, remove, test, tools, presets')
    .description('The MCP servers that clients reach through Warder, remote and local.')
    .addHelpText('after', examples('warder server', 'warder help server add'))

  server
    .command('add')
    .argument('<name>', 'lower-case letters, digits and hyphens')
    .argument('[command...]', 'after --: a local server, with its arguments')
    .usage(
      'NAME --url URL [options]\n       warder server add NAME [options] -- COMMAND [ARGS…]\n       warder server add NAME --from FILE',
    )
    .option('--url <url>', 'a remote server')
    .option(
      '--auth <mode>',
      'oauth (default), service, header (default with --header) or public',
      authMode,
    )
    .option('--header <name=value>', 'an HTTP header; secret:NAME as its value (repeat)', collect)
    .option('--preset <preset>', 'what is known of its provider: warder server presets')
    .option('--tenant <tenant>', 'which tenant, domain or realm of the preset’s provider')
    .option('--provider <profile>', 'a provider profile of config.json')
    .option('--client-id <id>', 'the client that you registered by hand at its provider')
    .option('--client-secret <secret:name>', 'where its client secret lies in the vault')
    .option(
      '--token-endpoint-auth-method <method>',
      'how it was registered to send that secret: client_secret_basic or client_secret_post',
    )
    .option('--private-key <secret:name>', 'where its private key lies, in place of a secret')
    .option('--issuer <url>', 'the provider where you registered it: nobody else gets that secret')
    .option('--exchange <server>', 'no sign-in: exchange the token of that server’s account')
    .option('--redirect-uri <uri>', 'the redirect URI of that registration')
    .option('--scope <scope>', 'ask for this scope (repeat)', collect)
    .option(
      '--allow-network <cidr>',
      'it may be reached in this network of your own (repeat)',
      collect,
    )
    .option(
      '--env <name=value>',
      'a variable for a local server; secret:NAME or grant:SERVER as its value (repeat)',
      collect,
    )
    .option(
      '--file <name=secret:s>',
      'a file that holds a secret or token; the variable, and {file:NAME} in ARGS, is its path (repeat)',
      collect,
    )
    .option(
      '--file-once <name=secret:s>',
      'the same as a pipe, readable one time (repeat)',
      collect,
    )
    .option(
      '--arg-secret <name=secret:s>',
      'put it where ARGS say {argument:NAME}: other users of this machine can see it (repeat)',
      collect,
    )
    .option('--on-renewal <what>', 'restart (default) or refeed, when a token in a file is renewed')
    .option(
      '--http <path>',
      'it speaks HTTP at this path; {port} in ARGS or --env is its port, --header its credential',
    )
    .option(
      '--shared',
      'one process for all clients that use it with the same accounts and secrets',
    )
    .option('--idle <seconds>', 'end it when it was not used for so long', seconds)
    .option(
      '--memory-limit <mib>',
      'end it when it uses more memory, with all that it starts',
      limit('--memory-limit', 16, 1_048_576),
    )
    .option(
      '--process-limit <count>',
      'end it when it runs more processes',
      limit('--process-limit', 1, 100_000),
    )
    .option(
      '--open-file-limit <count>',
      'let each of its processes open no more files (Linux)',
      limit('--open-file-limit', 16, 1_048_576),
    )
    .option('--cwd <dir>', 'the folder a local server runs in')
    .option(
      '--from <file>',
      'registry:NAME[@VERSION] of the MCP Registry, a server.json, a bundle (.mcpb), or JSON of any client; - reads standard input',
    )
    .option('--value <name=value>', 'what --from asks for, where it is no secret (repeat)', collect)
    .option('--sha256 <hex>', 'the SHA-256 that the bundle of --from has to have')
    .option('--approve', 'run this exact command without being asked, for scripts')
    .summary('add a remote or a local server')
    .description(
      'Adds a server. Credentials are never part of it: write secret:NAME for a value in the vault, grant:SERVER for the live token of an account.',
    )
    .addHelpText(
      'after',
      examples(
        'warder server add github --url https://api.githubcopilot.com/mcp/',
        'warder server add notion --preset notion',
        'warder server add search --url https://mcp.example.com/mcp --header X-Api-Key=secret:search-key',
        'warder server add jobs --url https://jobs.example.com/mcp --auth service --client-id warder --private-key secret:jobs --issuer https://id.example.com',
        'warder server add files -- npx -y @modelcontextprotocol/server-filesystem ~/notes',
        'warder server add search --from registry:io.github.example/search',
        'warder server add notes --from pasted.json',
        'warder server add notes --env API_TOKEN=secret:notes-token -- node /opt/notes/server.js',
      ),
    )
    .action(action(add))

  server
    .command('list', { isDefault: true })
    .summary('the servers there are')
    .description('Lists the servers, how each is signed in to, and its state.')
    .addHelpText('after', examples('warder server list'))
    .action(
      action(async ({ control, output }) => {
        output.result(await control.call('servers:list', {}), listLines)
      }),
    )

  server
    .command('remove')
    .argument('<name>')
    .summary('remove a server and revoke its accounts')
    .description('Removes a server. Its accounts are revoked first; their receipts are shown.')
    .addHelpText('after', examples('warder server remove github'))
    .action(
      action(async ({ control, output }, name: string) => {
        output.result(await control.call('servers:remove', { name }), (receipts) => [
          `The server ${name} is removed.`,
          ...receiptLines(receipts),
        ])
      }),
    )

  server
    .command('presets')
    .summary('the providers that Warder knows something of')
    .description(
      'Lists the presets for `server add --preset`: servers, exceptions and sources of each provider.',
    )
    .addHelpText('after', examples('warder server presets', 'warder server presets --json'))
    .action(
      // Plain data: works without a companion.
      action(async ({ output }) => output.result(presetViews(), presetLines)),
    )

  server
    .command('logs')
    .argument('<name>')
    .option('--lines <count>', 'the last so many, 1 to 10,000', lineCount, 100)
    .summary('what a local server wrote to stderr')
    .description('Shows the end of what a local server wrote to stderr, secrets masked.')
    .addHelpText(
      'after',
      examples('warder server logs files', 'warder server logs files --lines 1000'),
    )
    .action(
      action(async ({ control, output }, name: string, options: { lines: number }) => {
        const { lines } = options
        output.result(await control.call('servers:logs', { name, lines }), (log) =>
          log.lines.length === 0 ? [`${name} has written nothing.`] : log.lines,
        )
      }),
    )

  server
    .command('test')
    .argument('<name>')
    .summary('start or reach it, sign in, list its tools')
    .description('Reaches a server as a client would, and shows what it answers.')
    .addHelpText('after', examples('warder server test github'))
    .action(
      action(async ({ control, output }, name: string) => {
        output.result(await control.call('servers:test', { name }), (answer) =>
          testLines(name, answer),
        )
      }),
    )
}

async function add(
  context: Context,
  name: string,
  command: string[],
  options: ServerOptions & Partial<FromOptions>,
): Promise<void> {
  const { from } = options
  if (from !== undefined) {
    refuseBesideFrom(command, options)
    context.output.result(await addFrom(context, name, { ...options, from }), addedLines)
    return
  }
  if (options.value !== undefined || options.sha256 !== undefined)
    throw new WarderError('usage.invalid', '--value and --sha256 go with --from.')
  const definition = serverDefinition({
    command: separated(context.argv, command),
    options,
    folder: process.cwd(),
  })
  const presence = {
    output: context.output,
    // `--approve` speaks of the command that it stands beside, and of nothing else.
    yes: context.yes || ('command' in definition && options.approve === true),
  }
  const added = await withPresence(presence, (confirm) =>
    context.control.call('servers:add', { name, definition, ...presetOf(options), ...confirm }),
  )
  context.output.result(added, addedLines)
}

/** What the file says is what is added; a word beside it would be passed over. */
function refuseBesideFrom(command: readonly string[], options: object): void {
  const known = ['from', 'value', 'sha256', 'approve']
  const stray = Object.keys(options).find((name) => !known.includes(name))
  if (command.length > 0 || stray !== undefined)
    throw new WarderError(
      'usage.invalid',
      'With --from nothing else is said of the server but --value, --sha256 and --approve.',
    )
}

function presetOf({ preset, tenant }: ServerOptions) {
  return preset === undefined ? {} : { preset: { name: preset, ...(tenant && { tenant }) } }
}

/**
 * A command is taken only from behind `--`: before it, an option meant for the command could be taken for ours, and
 * what runs would not be what was typed.
 */
function separated(argv: readonly string[], command: string[]): string[] {
  const dashes = argv.indexOf('--')
  const typed = dashes === -1 ? [] : argv.slice(dashes + 1)
  if (typed.length !== command.length)
    throw new WarderError(
      'usage.invalid',
      'Put -- before the command: warder server add NAME -- COMMAND ARGS.',
    )
  return command
}

const collect = (value: string, before: string[] = []) => [...before, value]

function seconds(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 86_400) return count
  throw new WarderError('usage.invalid', '--idle is a number of seconds from 1 to 86400.')
}

/** What config.json takes as well. */
const limit = (flag: string, least: number, most: number) => (text: string) => {
  const count = Number(text)
  if (Number.isInteger(count) && count >= least && count <= most) return count
  throw new WarderError('usage.invalid', `${flag} is a number from ${least} to ${most}.`)
}

function lineCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 10_000) return count
  throw new WarderError('usage.invalid', '--lines is a number from 1 to 10000.')
}

function authMode(mode: string): string {
  if (['oauth', 'service', 'header', 'public'].includes(mode)) return mode
  throw new WarderError('usage.invalid', '--auth is one of oauth, service, header, public.')
}

function addedLines(server: ServerView): Line[] {
  return [
    server.command === null
      ? `The server ${server.name} is ${server.url ?? ''}`
      : `The server ${server.name} runs: ${commandLine(server.command)}`,
    ...server.injects.map(({ name, from }) => `  ${name} comes from ${from}`),
    ...(server.message === null ? [] : [server.message]),
  ]
}

function listLines(servers: readonly ServerView[]): Line[] {
  if (servers.length === 0) return ['There is no server yet: warder server add --help']
  return table(
    ['NAME', 'STATE', 'AUTH', 'ACCOUNTS', 'INJECTS', 'WHERE'],
    servers.map((server) => [
      server.name,
      stateCell(server),
      server.auth,
      server.accounts.join(' ') || '-',
      server.injects.map(({ name, from }) => `${name}=${from}`).join(' ') || '-',
      server.command === null ? (server.url ?? '-') : commandLine(server.command),
    ]),
  )
}

function stateCell({ state, message }: ServerView): Segment {
  const style = state === 'ready' ? 'green' : state === 'error' ? 'red' : 'yellow'
  return { text: message === null ? state : `${state}: ${message}`, style }
}

function testLines(name: string, answer: Output<'servers:test'>): Line[] {
  const { server, protocolVersion, latencyMs, tools } = answer
  return [
    [
      { text: `${name} works`, style: 'green' },
      `: ${server.name} ${server.version}, protocol ${protocolVersion}, ${Math.round(latencyMs)} ms`,
    ],
    `${tools.length} tools${tools.length === 0 ? '' : `: ${tools.join(', ')}`}`,
  ]
}
