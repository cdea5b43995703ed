import { useRef, useState } from 'react'
import type { AuditRow, ContractError } from '../../../preload/contract/index.ts'
import type { CallFilter } from '../../api/call-window.ts'
import { useApi } from '../../api/context.ts'
import { useStatus } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { number } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { save } from '../../parts/save.ts'

/** Rows of one file; more is a matter for the command line. */
const MOST = 100_000

/** Saves what the filter shows, row by row as it was recorded (JSON Lines). The window of the desktop saves no files. */
export function ExportCalls({ filter }: { filter: CallFilter }) {
  const api = useApi()
  const { data: status } = useStatus()
  const [count, setCount] = useState<number>()
  const [error, setError] = useState<ContractError | null>(null)
  const wanted = useRef(false)
  if (status?.shell === 'desktop')
    return (
      <p className="quiet small">
        To keep them elsewhere: <code>warder audit --json</code>
      </p>
    )

  const run = async () => {
    wanted.current = true
    setError(null)
    setCount(0)
    const lines: string[] = []
    try {
      for (let before: number | undefined; wanted.current && lines.length < MOST; ) {
        const rows: AuditRow[] = await api.call('audit:query', {
          ...filter,
          ...(before === undefined ? {} : { before }),
          limit: 1_000,
        })
        lines.push(...rows.map((row) => JSON.stringify(row)))
        setCount(lines.length)
        before = rows.at(-1)?.seq
        if (rows.length < 1_000) break
      }
      if (wanted.current)
        save('warder-audit', 'jsonl', 'application/x-ndjson', `${lines.join('\n')}\n`)
    } catch (failure) {
      setError(failure as ContractError)
    }
    setCount(undefined)
  }

  return (
    <>
      {count === undefined ? (
        <Button onClick={() => void run()}>
          <Icon name="export" />
          Export
        </Button>
      ) : (
        <Button
          onClick={() => {
            wanted.current = false
          }}
        >
          {number(count)} rows, cancel
        </Button>
      )}
      <ErrorNote error={error} />
    </>
  )
}
