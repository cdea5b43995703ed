import type { Input } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { type Context, examples, type Verb } from './context.ts'
import { localPartFailed, receiptLines } from './receipt-lines.ts'
import { stopLines } from './stop.ts'

interface RevokeOptions {
  readonly server?: string
  readonly client?: string
  readonly all?: boolean
}

/** Narrows, so it never asks. */
export const addRevoke: Verb = (program, action) => {
  program
    .command('revoke')
    .argument('[account]', 'SERVER/ACCOUNT, from `warder accounts`')
    .option('--server <name>', 'every account at this server')
    .option('--client <name>', 'shut this client out: its socket and its bearer')
    .option('--all', 'stop everything: every account, bearer and call, until `warder resume`')
    .summary('end access now, and say what was proven')
    .description(
      'Takes tokens out of use on this machine at once, then revokes them at the provider and checks. The receipt says what was proven, what is tried again, and what may live on.',
    )
    .addHelpText(
      'after',
      examples(
        'warder revoke github/ada@example.com',
        'warder revoke --server github',
        'warder revoke --all',
      ),
    )
    .action(action(revoke))
}

async function revoke(
  { control, output }: Context,
  account: string | undefined,
  options: RevokeOptions,
): Promise<void> {
  const what = target(account, options)
  if (what === 'all') return output.result(await control.call('stop:now', {}), stopLines)
  const receipts = await control.call('accounts:revoke', what)
  output.result(receipts, (all) =>
    all.length === 0 ? [nothingToProve(options)] : receiptLines(all),
  )
  // A queued revocation is out of use here already; one that failed here is not, whatever the provider said.
  if (receipts.some(localPartFailed)) process.exitCode = 1
}

const nothingToProve = ({ client }: RevokeOptions) =>
  client === undefined
    ? 'Done. No account had a token to revoke.'
    : `The client ${client} is shut out; its socket and bearer are void.`

type Target = Input<'accounts:revoke'> | 'all'

function target(account: string | undefined, options: RevokeOptions): Target {
  const targets: Target[] = [
    ...(account === undefined ? [] : [{ account }]),
    ...(options.server === undefined ? [] : [{ server: options.server }]),
    ...(options.client === undefined ? [] : [{ client: options.client }]),
    ...(options.all ? ['all' as const] : []),
  ]
  const [only] = targets
  if (only === undefined || targets.length > 1)
    throw new WarderError(
      'usage.invalid',
      'Say what to revoke: one of ACCOUNT, --server, --client or --all.',
    )
  return only
}
