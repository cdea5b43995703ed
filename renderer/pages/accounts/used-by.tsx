import { useUses } from '../../api/uses.ts'
import { number, visible } from '../../parts/format.ts'
import { Time } from '../../parts/time.tsx'

/** Which clients called with this account, and what each did last. */
export function UsedBy({ account }: { account: string }) {
  const { data: uses, error } = useUses(account)
  if (error) return <span className="quiet">{visible(error.message)}</span>
  // Of the height of one line, so that nothing jumps.
  if (uses === undefined) return <span className="quiet">…</span>
  if (uses.clients.length === 0)
    return <span className="quiet">{uses.whole ? 'nobody yet' : 'nobody lately'}</span>
  return (
    <ul className="used-by">
      {uses.clients.map(({ client, calls, lastAt, last }) => (
        <li key={client}>
          {visible(client)}{' '}
          <span className="quiet">
            {calls === 1 ? '1 call' : `${number(calls)} calls`}
            {!uses.whole && ' lately'}, the last <code>{visible(last)}</code> <Time at={lastAt} />
          </span>
        </li>
      ))}
    </ul>
  )
}
