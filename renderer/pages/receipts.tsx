import { useListing } from '../api/queries.ts'
import { Answer } from '../parts/answer.tsx'
import { Empty } from '../parts/empty.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Receipt } from './receipt.tsx'

export function Receipts() {
  const receipts = useListing('receipts:list')
  return (
    <>
      <PageHead
        title="Receipts"
        about="What was done to end each access, and what was proven afterwards."
      />
      <Answer
        query={receipts}
        empty={
          <Empty icon="receipts" title="No receipts yet">
            When you revoke an account, the proof of it is kept here.
          </Empty>
        }
      >
        {(list) => (
          <ul className="cards">
            {list
              .toSorted((a, b) => b.startedAt.localeCompare(a.startedAt))
              .map((receipt) => (
                <Receipt key={receipt.id} receipt={receipt} />
              ))}
          </ul>
        )}
      </Answer>
    </>
  )
}
