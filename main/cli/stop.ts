import type { StopRecord } from '../../preload/contract/index.ts'
import { examples, type Verb } from './context.ts'
import { type Line, localTime } from './output.ts'
import { withPresence } from './presence.ts'

export const addResume: Verb = (program, action) => {
  program
    .command('resume')
    .summary('let calls through again after revoke --all or pause')
    .description(
      'Lifts the stop that `warder revoke --all` set, and the pause of `warder pause`. After a stop, accounts stay revoked and bearers void: connect again, and give each client that needs one a new bearer.',
    )
    .addHelpText('after', examples('warder resume'))
    .action(
      action(async (context) => {
        const { control, output } = context
        const { stopped, paused } = await control.call('status:get', {})
        // Where neither is in force, the companion says so.
        if (stopped !== null || paused === null)
          await withPresence(context, (confirm) => control.call('stop:resume', confirm))
        if (paused !== null)
          await withPresence(context, (confirm) => control.call('hold:resume', confirm))
        output.result({}, () => ['Calls pass again, as the rules allow.'])
      }),
    )
}

/** The record of a stop for a person: what is over, and what is left to do. */
export function stopLines(record: StopRecord): Line[] {
  const { localMs, grants, clients, children, secrets, failures } = record
  const took = localMs === null ? '' : ` (on this machine within ${localMs} ms)`
  return [
    [{ text: `Everything is stopped${took}.`, style: 'bold' }],
    `  record ${record.id}, ${localTime(record.at)}`,
    ...grants.map(
      ({ account, state, remains }): Line => [
        `  account ${account}: `,
        { text: state, style: state === 'proven' || state === 'revoked' ? 'green' : 'yellow' },
        remains === null ? '' : `. May live on: ${remains}`,
      ],
    ),
    ...clients.map(({ name }) => `  client ${name}: its bearer is void, every call is refused`),
    ...children.map(
      ({ server, pid, ended }) =>
        `  local server ${server} (${pid}): ${ended ? 'ended' : 'NOT ended'}`,
    ),
    ...secrets.map(
      ({ name, server, note }) => `  secret ${name} (${server ?? 'bound to no server'}): ${note}`,
    ),
    ...failures.map((text): Line => [{ text: `  ${text}`, style: 'red' }]),
    'To let calls through again: warder resume',
  ]
}
