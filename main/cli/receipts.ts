import { examples, type Verb } from './context.ts'
import { receiptLines } from './receipt-lines.ts'

export const addReceipts: Verb = (program, action) => {
  program
    .command('receipts')
    .summary('what past revocations have proven')
    .description('Lists the receipts of revocations, those that are still tried again included.')
    .addHelpText('after', examples('warder receipts', 'warder receipts --json'))
    .action(
      action(async ({ control, output }) => {
        output.result(await control.call('receipts:list', {}), (receipts) =>
          receipts.length === 0 ? ['Nothing was revoked yet.'] : receiptLines(receipts),
        )
      }),
    )
}
