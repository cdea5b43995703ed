import { InvalidArgumentError } from 'commander'
import type { LedgerEntryView, WhyView } from '../../preload/contract/index.ts'
import { type Context, examples, type Verb } from './context.ts'
import { type Line, localTime, type Style } from './output.ts'

export const addWhy: Verb = (program, action) => {
  program
    .command('why')
    .argument('<account>', 'SERVER/ACCOUNT, from `warder accounts`; one that was revoked too')
    .option('--limit <entries>', 'newest entries, 1 to 500', parseLimit, 20)
    .summary('what happened to an account')
    .description(
      'Says what an account is now and why, what mends it, and what happened to it: sign-ins, renewals, revocations.',
    )
    .addHelpText(
      'after',
      examples('warder why linear/ada@example.com', 'warder why linear/ada@example.com --json'),
    )
    .action(action(why))
}

async function why(
  { control, output }: Context,
  account: string,
  { limit }: { limit: number },
): Promise<void> {
  output.result(await control.call('accounts:why', { account, limit }), whyLines)
}

function whyLines({ account, state, sentences, mend, quirks, entries }: WhyView): Line[] {
  const style: Style = state === 'connected' ? 'green' : state === 'gone' ? 'dim' : 'yellow'
  return [
    [`${account}: `, { text: state, style }],
    ...sentences,
    ...(mend === null ? [] : [`Mend: ${mend}`]),
    ...quirks.map(({ name, meaning }) => `Exception ${name}: ${meaning}`),
    ...(entries.length === 0 ? [] : ['', ...entries.toReversed().map(entryLine)]),
  ]
}

const entryLine = ({ at, text }: LedgerEntryView): Line => `${localTime(at)}  ${text}`

function parseLimit(text: string): number {
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > 500) throw new InvalidArgumentError('Write a number from 1 to 500.')
  return limit
}
