import { useListing } from '../api/queries.ts'
import { Answer } from '../parts/answer.tsx'
import { Empty } from '../parts/empty.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { SaveButton } from '../shell/save-button.tsx'
import { Receipt } from './receipt.tsx'
import { StopRecordCard } from './stop-record.tsx'

export function Receipts() {
  const receipts = useListing('receipts:list')
  const stops = useListing('stop:records')
  return (
    <>
      <PageHead
        title="Receipts"
        about="What was done to end each access, and what was proven afterwards."
      >
        <SaveButton input={{ what: 'receipts' }}>Export</SaveButton>
      </PageHead>
      <Answer query={stops} empty={null}>
        {(list) => (
          <ul className="cards stops">
            {list
              .toSorted((a, b) => b.at.localeCompare(a.at))
              .map((record) => (
                <StopRecordCard key={record.id} record={record} />
              ))}
          </ul>
        )}
      </Answer>
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
