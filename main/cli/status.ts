import type { StatusView } from '../../preload/contract/index.ts'
import { examples, type Verb } from './context.ts'
import { type Line, localTime } from './output.ts'

export const addStatus: Verb = (program, action) => {
  program
    .command('status')
    .summary('what runs, and what waits for you')
    .description(
      'Shows the companion of this home: its vault, its doors and what waits for a person.',
    )
    .addHelpText('after', examples('warder status', 'warder status --json'))
    .action(
      action(async ({ control, output }) => {
        output.result(await control.call('status:get', {}), statusLines)
      }),
    )
}

function statusLines(status: StatusView): Line[] {
  const { vault, signInNeeded, approvals, plainTokens } = status
  return [
    `Warder ${status.version}, ${status.shell}, process ${status.pid}, since ${localTime(status.startedAt)}`,
    `home      ${status.home}`,
    `user      ${status.user}`,
    [
      'vault     ',
      {
        text: `${vault.kind}, ${vault.state}`,
        style: vault.state === 'available' ? 'green' : 'red',
      },
      vault.why === null ? '' : ` (${vault.why})`,
    ],
    `HTTP      ${status.http}`,
    `sockets   ${status.sockets}`,
    `servers   ${status.servers}`,
    `accounts  ${status.accounts}`,
    ...(status.stopped === null
      ? []
      : [waiting(`everything is stopped since ${localTime(status.stopped)}`, 'warder resume')]),
    ...(status.locked === null
      ? []
      : [waiting(`locked since ${localTime(status.locked)}`, 'warder unlock')]),
    ...(status.paused === null
      ? []
      : [waiting(`every call is paused since ${localTime(status.paused)}`, 'warder resume')]),
    ...signInNeeded.map((account) => {
      const [server = account] = account.split('/', 1)
      return waiting(
        `${account} needs a sign-in${callsFor(server, status)}`,
        `warder connect ${server}`,
      )
    }),
    ...(approvals > 0
      ? [waiting(`${approvals} waiting for your approval`, 'warder approvals')]
      : []),
    ...status.choiceProblems.map((problem): Line => [{ text: problem, style: 'yellow' }]),
    ...status.wiringProblems.map((problem): Line => [{ text: problem, style: 'yellow' }]),
    ...(plainTokens > 0
      ? [
          waiting(
            `${plainTokens === 1 ? '1 token' : `${plainTokens} tokens`} of other programs in plain files`,
            'warder import',
          ),
        ]
      : []),
    ...(status.config === null
      ? []
      : [waiting(`config.json was not taken over: ${status.config}`, 'mend it and save')]),
  ]
}

/** How many calls wait, as a part of the sentence. */
function callsFor(server: string, { waiting }: StatusView): string {
  const calls = waiting.filter((one) => one.server === server)
  if (calls.length === 0) return ''
  return ` (${calls.map(({ client, calls }) => `${client}: ${calls} waiting`).join(', ')})`
}

const waiting = (what: string, next: string): Line => [{ text: what, style: 'yellow' }, `: ${next}`]
