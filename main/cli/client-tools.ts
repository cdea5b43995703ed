import type { Output } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { type Context, examples, type Verb } from './context.ts'
import { type Line, table } from './output.ts'
import { withPresence } from './presence.ts'

/** `warder client tools`, under the verb that `client.ts` has added. */
export const addClientTools: Verb = (program, action) => {
  program.commands
    .find((command) => command.name() === 'client')
    ?.command('tools')
    .argument('<name>', 'a client, from `warder client list`')
    .option('--take <server/tool>', 'take this tool from it, which never asks')
    .option('--give <server/tool>', 'give back what was taken like that')
    .summary('what each tool costs its context, and which it may call')
    .description(
      'Lists the tools of every server, the dearest first: about how many tokens each costs the context of this client (four characters are counted as one), and whether its rules let it call the tool.',
    )
    .addHelpText(
      'after',
      examples(
        'warder client tools cursor',
        'warder client tools cursor --take github/delete_repo',
      ),
    )
    .action(action(tools))
}

async function tools(
  context: Context,
  client: string,
  { take, give }: { take?: string; give?: string },
): Promise<void> {
  const { control, output } = context
  if (take !== undefined && give !== undefined)
    throw new WarderError('usage.invalid', 'Either --take or --give, one at a time.')
  if (take !== undefined)
    await control.call('clients:trim', { client, ...toolOf(take), hide: true })
  if (give !== undefined) {
    const trim = { client, ...toolOf(give), hide: false }
    await withPresence(context, (confirm) => control.call('clients:trim', { ...trim, ...confirm }))
  }
  output.result(await control.call('servers:tools', { client }), toolLines)
}

function toolOf(text: string): { server: string; tool: string } {
  const slash = text.indexOf('/')
  if (slash < 1 || slash === text.length - 1)
    throw new WarderError('usage.invalid', 'Write SERVER/TOOL, as github/create_issue.')
  return { server: text.slice(0, slash), tool: text.slice(slash + 1) }
}

function toolLines(servers: Output<'servers:tools'>): Line[] {
  const all = servers.flatMap(({ server, tools: offered }) =>
    offered.map((tool) => ({ ...tool, server })),
  )
  const unheard = servers.filter(({ heardAt }) => heardAt === null).map(({ server }) => server)
  const cost = all.filter(({ allowed }) => allowed).reduce((sum, { tokens }) => sum + tokens, 0)
  return [
    ...(all.length === 0
      ? []
      : table(
          ['TOOL', 'TOKENS', 'MAY CALL'],
          all
            .toSorted((a, b) => b.tokens - a.tokens)
            .map(({ server, name, tokens, allowed }) => [
              `${server}/${name}`,
              String(tokens),
              allowed ? 'yes' : { text: 'no', style: 'yellow' as const },
            ]),
        )),
    `About ${cost} tokens in all.`,
    ...(unheard.length === 0
      ? []
      : [`Not counted, since nobody has listed their tools yet: ${unheard.join(', ')}.`]),
  ]
}
