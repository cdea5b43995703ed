import { remember } from './receipt.ts'
import type { RemovalStep } from './registration-removals.ts'
import type { ReceiptRow, Repository } from './repository.ts'

/**
 * A receipt does not wait for the registration of its grant to be deleted, since that is no token; when a later attempt
 * has settled it, the receipt says so.
 *
 * @returns what is told of a later attempt
 */
export function createLateDeletions({
  repository,
  clock,
  onReceipt,
}: {
  readonly repository: Pick<Repository, 'receipts' | 'saveReceipt'>
  readonly clock: () => number
  readonly onReceipt: (receipt: ReceiptRow) => void
}) {
  return (registration: string, ended: RemovalStep): void => {
    const waiting = repository
      .receipts()
      .find((receipt) => receipt.registration === registration && waits(receipt))
    if (waiting === undefined || ended.outcome === 'pending') return
    const step = { at: clock(), step: 'delete-registration', ...ended } as const
    const told = { ...waiting, steps: remember(waiting.steps, step) }
    repository.saveReceipt(told)
    onReceipt(told)
  }
}

const waits = ({ steps }: ReceiptRow) =>
  steps.some(({ step, outcome }) => step === 'delete-registration' && outcome === 'pending')
