import type { Output } from '../../preload/contract/index.ts'
import { type Context, examples, type Verb } from './context.ts'
import { type Line, localTime, table } from './output.ts'
import { withPresence } from './presence.ts'

export const addClient: Verb = (program, action) => {
  const client = program
    .command('client')
    .summary('the programs that may call: add, list, tools, remove')
    .description('The MCP clients (Claude Desktop, Cursor, …) that may reach this companion.')
    .addHelpText('after', examples('warder client', 'warder help client add'))

  client
    .command('add')
    .argument('<name>', 'such as cursor or claude-desktop')
    .summary('let a client in; shows its bearer once')
    .description(
      'Gives a client a socket of its own and a bearer token for the token door. The bearer is shown this once; only its hash is kept.',
    )
    .addHelpText('after', examples('warder client add cursor', 'warder client add ci --yes --json'))
    .action(action(add))

  client
    .command('list', { isDefault: true })
    .summary('the clients there are')
    .description('Lists the clients and when each was last seen.')
    .addHelpText('after', examples('warder client list'))
    .action(
      action(async ({ control, output }) => {
        output.result(await control.call('clients:list', {}), (clients) =>
          clients.length === 0
            ? ['There is no client yet: warder client add NAME']
            : table(
                ['NAME', 'STATE', 'ADDED', 'LAST SEEN', 'SOCKET'],
                clients.map(({ name, state, addedAt, lastSeenAt, socket }) => [
                  name,
                  { text: state, style: state === 'active' ? 'green' : 'yellow' },
                  localTime(addedAt),
                  localTime(lastSeenAt),
                  socket ?? '-',
                ]),
              ),
        )
      }),
    )

  client
    .command('renew')
    .argument('<name>')
    .summary('a new bearer in the place of the old one; shows it once')
    .description(
      'Gives a client a new bearer token; the one it had is void at once. Its socket stays as it is.',
    )
    .addHelpText('after', examples('warder client renew cursor'))
    .action(
      action(async (context, name: string) => {
        const renewed = await withPresence(context, (confirm) =>
          context.control.call('clients:renew', { name, ...confirm }),
        )
        context.output.result(renewed, addedLines)
      }),
    )

  client
    .command('remove')
    .argument('<name>')
    .summary('shut a client out at once')
    .description('Removes a client: its socket closes and its bearer is void at once.')
    .addHelpText('after', examples('warder client remove cursor'))
    .action(
      action(async ({ control, output }, name: string) => {
        output.result(await control.call('clients:remove', { name }), () => [
          `The client ${name} is removed; its socket and bearer are void.`,
        ])
      }),
    )
}

async function add(context: Context, name: string): Promise<void> {
  const added = await withPresence(context, (confirm) =>
    context.control.call('clients:add', { name, ...confirm }),
  )
  context.output.result(added, addedLines)
}

function addedLines({ client, bearer, http }: Output<'clients:add'>): Line[] {
  return [
    `The client ${client.name} may reach Warder in two ways:`,
    `  stdio   warder mcp --client ${client.name} --server SERVER`,
    `  HTTP    ${http}/mcp/SERVER`,
    ['          Authorization: Bearer ', { text: bearer, style: 'bold' }],
    'The bearer is shown this once: copy it now.',
  ]
}
