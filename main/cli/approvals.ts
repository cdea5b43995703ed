import type { ApprovalView } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { type Context, examples, type Verb } from './context.ts'
import { type Line, localTime } from './output.ts'
import { withPresence } from './presence.ts'

export const addApprovals: Verb = (program, action) => {
  const approvals = program
    .command('approvals')
    .summary('what waits for your word: list, approve, deny')
    .description(
      'What was changed in config.json or asked for, and tools that are new, changed or hide something: all of it waits for a person.',
    )
    .addHelpText('after', examples('warder approvals', 'warder approvals approve --all'))

  approvals
    .command('list', { isDefault: true })
    .summary('what waits')
    .description('Lists what waits for a person, in full.')
    .addHelpText('after', examples('warder approvals', 'warder approvals list --json'))
    .action(
      action(async ({ control, output }) => {
        output.result(await control.call('approvals:list', {}), approvalLines)
      }),
    )

  for (const [verb, approve] of [
    ['approve', true],
    ['deny', false],
  ] as const)
    approvals
      .command(verb)
      .argument('[ids...]', 'from `warder approvals`')
      .option('--all', `${verb} everything that waits now`)
      .summary(approve ? 'let what waits take effect' : 'turn down what waits')
      .description(
        approve
          ? 'Approves what waits, after it was shown and confirmed one by one.'
          : 'Denies what waits. Nothing of it takes effect.',
      )
      .addHelpText(
        'after',
        examples(`warder approvals ${verb} ID`, `warder approvals ${verb} --all`),
      )
      .action(
        action((context, ids: string[], options: { all?: boolean }) =>
          decide(context, approve, ids, options.all === true),
        ),
      )
}

async function decide(
  context: Context,
  approve: boolean,
  ids: string[],
  all: boolean,
): Promise<void> {
  const { control, output } = context
  if (all === ids.length > 0)
    throw new WarderError('usage.invalid', 'Name what you mean: either IDs or --all.')
  let left = all ? await control.call('approvals:list', {}) : []
  const meant = left.filter(({ approvable }) => !approve || approvable !== false)
  const chosen = all ? meant.map((approval) => approval.id) : ids
  for (const id of chosen)
    left = await withPresence(context, (confirm) =>
      control.call('approvals:decide', { id, approve, ...confirm }),
    )
  output.result(left, (approvals) => [
    ...(chosen.length === 0 ? [] : [approve ? 'Approved.' : 'Denied.']),
    ...approvalLines(approvals),
  ])
}

function approvalLines(approvals: readonly ApprovalView[]): Line[] {
  if (approvals.length === 0) return ['Nothing waits for you.']
  return approvals.flatMap(({ id, title, lines, since }) => [
    [{ text: title, style: 'bold' }, `  ${id}  since ${localTime(since)}`] satisfies Line,
    ...lines.map((line) => `  ${line}`),
  ])
}
