import type { StatusView } from '../../preload/contract/index.ts'
import type { Notifier } from '../ports.ts'

/** Tells a person when more waits for approval than before; what was approved or taken back is told to nobody. */
export function createApprovalNotes(notifier: Notifier): (status: StatusView) => void {
  let known = 0
  return ({ approvals, locked }) => {
    // Told once it can be seen.
    if (locked !== null) return
    if (approvals > known)
      notifier.notify({
        title: 'Approval needed',
        body: 'A change waits for you, and is not in force before you have approved it.',
        offer: { to: 'approve' },
      })
    known = approvals
  }
}
