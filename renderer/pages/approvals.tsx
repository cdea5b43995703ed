import type { ApprovalView } from '../../preload/contract/index.ts'
import { useAct, useListing } from '../api/queries.ts'
import { Answer } from '../parts/answer.tsx'
import { Button } from '../parts/button.tsx'
import { Empty } from '../parts/empty.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { visible } from '../parts/format.ts'
import { Lines } from '../parts/lines.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Time } from '../parts/time.tsx'

export function Approvals() {
  const approvals = useListing('approvals:list')
  return (
    <>
      <PageHead
        title="Approvals"
        about="Changes that would widen what your agents can do, and tools that are new, changed or odd. Nothing of it is in force yet, unless it says so."
      />
      <Answer
        query={approvals}
        empty={
          <Empty icon="approvals" title="Nothing to decide">
            A new server, a changed command, a tool that says something else than before or a key
            with a new destination waits here for you.
          </Empty>
        }
      >
        {(list) => (
          <ul className="cards">
            {list.map((approval) => (
              <Approval key={approval.id} approval={approval} />
            ))}
          </ul>
        )}
      </Answer>
    </>
  )
}

function Approval({ approval }: { approval: ApprovalView }) {
  const decide = useAct('approvals:decide')
  return (
    <li className="card" aria-label={visible(approval.title)}>
      <div className="card-head">
        <h2>{visible(approval.title)}</h2>
        <span className="quiet">
          <Time at={approval.since} />
        </span>
      </div>
      <Lines lines={approval.lines} />
      <ErrorNote error={decide.error} />
      <div className="card-actions">
        <Button
          busy={decide.isPending}
          onClick={() => decide.mutate({ id: approval.id, approve: false })}
        >
          {approval.approvable === false ? 'Put away' : 'Deny'}
        </Button>
        {approval.approvable !== false && (
          <Button
            kind="primary"
            busy={decide.isPending}
            onClick={() => decide.mutate({ id: approval.id, approve: true })}
          >
            Approve
          </Button>
        )}
      </div>
    </li>
  )
}
