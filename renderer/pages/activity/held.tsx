import type { CallWindow } from '../../api/call-window.ts'
import { number } from '../../parts/format.ts'

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** What the scroll bar stands for: the calls that are held, from when to when, and what lies beyond either end. */
export function Held({ window: { done, atNewest, atOldest } }: { window: CallWindow }) {
  const newest = done[0]
  const oldest = done.at(-1)
  if (newest === undefined || oldest === undefined) return null
  return (
    <p className="held quiet small">
      {done.length === 1 ? '1 call' : `${number(done.length)} calls`} from{' '}
      {moment.format(Date.parse(oldest.at))} to{' '}
      {atNewest ? 'now' : moment.format(Date.parse(newest.at))}
      {atOldest
        ? atNewest
          ? ': these are all.'
          : ': the oldest are at the end.'
        : '; older ones come as you scroll.'}
    </p>
  )
}
