import type { Output as Answer } from '../../preload/contract/index.ts'
import { examples, type Verb } from './context.ts'
import { type Line, localTime, type Segment, table } from './output.ts'

type Tool = Answer<'servers:pins'>[number]

/** `warder server tools`, under the verb that `server.ts` has added. */
export const addServerTools: Verb = (program, action) => {
  program.commands
    .find((command) => command.name() === 'server')
    ?.command('tools')
    .argument('<name>')
    .summary('its tools as they were pinned, and those held back')
    .description(
      'Lists every tool that a server has shown so far: pinned as it is, waiting for you, or turned down. What was turned down is approved with `warder approvals approve ID`.',
    )
    .addHelpText('after', examples('warder server tools github'))
    .action(
      action(async ({ control, output }, name: string) => {
        output.result(await control.call('servers:pins', { name }), (tools) =>
          toolLines(name, tools),
        )
      }),
    )
}

function toolLines(server: string, tools: readonly Tool[]): Line[] {
  if (tools.length === 0) return [`${server} has listed no tools yet.`]
  return table(
    ['TOOL', 'STATE', 'SINCE', 'APPROVAL', 'WHY'],
    tools.map(({ name, state, since, approval, words }) => [
      name,
      state === 'pinned' ? state : ({ text: state, style: 'yellow' } satisfies Segment),
      localTime(since),
      approval ?? '',
      words.join(', '),
    ]),
  )
}
