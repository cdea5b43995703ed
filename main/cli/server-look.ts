import type { Output } from '../../preload/contract/index.ts'
import { examples, type Verb } from './context.ts'
import type { Line } from './output.ts'

/** `warder server look`, under the verb that `server.ts` has added. */
export const addServerLook: Verb = (program, action) => {
  program.commands
    .find((command) => command.name() === 'server')
    ?.command('look')
    .argument('<url>', 'of a remote server, added or not')
    .option('--allow-network <cidr>', 'look in this network of your own too (repeat)', collect)
    .summary('what a remote server asks of a stranger, before it is added')
    .description(
      'Looks at a remote server from outside: whether it takes sign-ins and where, what would be asked for, how Warder would register, and what a revocation could do. Nothing is added, opened or registered.',
    )
    .addHelpText('after', examples('warder server look https://mcp.linear.app/mcp'))
    .action(
      action(async ({ control, output }, url: string, options: { allowNetwork?: string[] }) => {
        const { allowNetwork: allowedNetworks } = options
        const look = { url, ...(allowedNetworks === undefined ? {} : { allowedNetworks }) }
        output.result(await control.call('servers:look', look), lookLines)
      }),
    )
}

const collect = (value: string, before: string[] = []) => [...before, value]

const asks: Record<Output<'servers:look'>['asks'], string> = {
  'sign-in': 'It wants a sign-in: `--auth oauth`.',
  key: 'It wants a key, and names nobody to sign in to: `--header`.',
  nothing: 'It lets everybody in: `--auth public`.',
  unknown: 'That is not what an MCP server says to a stranger. Is it the address of its endpoint?',
}

const registrations = {
  document: 'by itself, with its published document',
  dynamic: 'by itself',
  'by-hand': 'only by hand: register an app there, and give its --client-id',
}

function lookLines(seen: Output<'servers:look'>): Line[] {
  const { found, problem } = seen
  return [
    `${asks[seen.asks]} (HTTP ${seen.status})`,
    ...(problem === null ? [] : [`${problem.message} (${problem.code})`]),
    ...(found === null
      ? []
      : [
          `  issuer      ${found.issuer}`,
          ...found.otherIssuers.map((issuer) => `  or          ${issuer}`),
          `  resource    ${found.resource}`,
          `  asks for    ${found.scopes.join(' ') || 'nothing by name'}`,
          `  registers   ${registrations[found.registration]}`,
          `  services    ${found.services ? 'taken, with credentials of their own: `--auth service`' : 'not named'}`,
          `  codes       ${found.device ? 'taken: `warder connect --device`' : 'not taken'}`,
          `  revokes     ${found.revocation ? 'at the provider too' : 'only here: the provider cannot be told'}`,
        ]),
  ]
}
