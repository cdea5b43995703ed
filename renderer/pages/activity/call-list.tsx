import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, memo, useEffect, useLayoutEffect, useRef } from 'react'
import type { AuditRow } from '../../../preload/contract/index.ts'
import type { Calls } from '../../api/use-calls.ts'
import { duration, visible } from '../../parts/format.ts'
import { Time } from '../../parts/time.tsx'
import { useNarrow } from '../../parts/use-narrow.ts'
import { nameOf } from './call.ts'
import { CallStateBadge } from './call-state.tsx'

/** Heights of a row in pixels: on one line, and on two where there is little room. They are those of the style sheet. */
const ROW = 42
const TALL_ROW = 62
/** How near to an end of what is held more is asked for, in rows. */
const NEAR = 60

interface CallListProps {
  calls: Calls
  selected: string | undefined
  onSelect: (row: AuditRow) => void
}

/** Only the rows in sight are drawn, and only some pages are held, so that a million calls scroll like a hundred. */
export function CallList({ calls, selected, onSelect }: CallListProps) {
  const { window, older, newer } = calls
  const scroller = useRef<HTMLDivElement>(null)
  const narrow = useNarrow()
  const height = narrow ? TALL_ROW : ROW
  const running = window?.running ?? []
  const done = window?.done ?? []
  const rows = running.length === 0 ? done : [...running, ...done]
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: (at) => rows[at]?.call ?? at,
    overscan: 10,
    // Drawn with the next frame: a row that comes late by one is not missed, a frame that is late is.
    useFlushSync: false,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another height is another layout
  useLayoutEffect(() => virtual.measure(), [height])

  const shift = window?.shift ?? 0
  const atNewest = window?.atNewest ?? true
  const shown = useRef({ shift, atNewest })
  useLayoutEffect(() => {
    const element = scroller.current
    const before = shown.current
    shown.current = { shift, atNewest }
    const moved = shift - before.shift
    // Whoever stands at the newest call follows what comes; everybody else keeps what they look at.
    if (element !== null && moved !== 0 && (element.scrollTop > 0 || !before.atNewest))
      element.scrollTop += moved * height
  }, [shift, atNewest, height])

  const items = virtual.getVirtualItems()
  const first = items[0]?.index ?? 0
  const last = items.at(-1)?.index ?? 0
  const count = rows.length
  // biome-ignore lint/correctness/useExhaustiveDependencies: what arrived is looked at again
  useEffect(() => {
    if (last >= count - NEAR) older()
    if (first <= NEAR) newer()
  }, [first, last, count, older, newer, shift])

  const step = (event: KeyboardEvent) => {
    const at = rows.findIndex(
      ({ call }) => call === (event.target as HTMLElement).getAttribute('data-call'),
    )
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: count - 1 }[event.key]
    const next = to === undefined ? undefined : rows[to]
    if (at === -1 || to === undefined || next === undefined) return
    event.preventDefault()
    virtual.scrollToIndex(to)
    requestAnimationFrame(() =>
      scroller.current
        ?.querySelector<HTMLElement>(`[data-call="${CSS.escape(next.call)}"]`)
        ?.focus(),
    )
  }

  return (
    <div className="calls-scroll" ref={scroller}>
      <ol
        className="calls"
        aria-label="Calls"
        style={{ height: virtual.getTotalSize() }}
        onKeyDown={step}
      >
        {items.map(({ index, key, start }) => {
          const row = rows[index]
          return (
            row && (
              <CallRow
                key={key}
                row={row}
                place={index + 1}
                of={window?.atOldest ? count : -1}
                start={start}
                open={row.call === selected}
                onSelect={onSelect}
              />
            )
          )
        })}
      </ol>
    </div>
  )
}

interface CallRowProps {
  row: AuditRow
  place: number
  /** How many there are; -1 where that is not known. */
  of: number
  start: number
  open: boolean
  onSelect: (row: AuditRow) => void
}

const CallRow = memo(function CallRow({ row, place, of, start, open, onSelect }: CallRowProps) {
  return (
    <li aria-posinset={place} aria-setsize={of} style={{ transform: `translateY(${start}px)` }}>
      <button
        type="button"
        className="call"
        data-call={row.call}
        aria-expanded={open}
        onClick={() => onSelect(row)}
      >
        <span className="call-time">
          <Time at={row.at} />
        </span>
        <span className="call-target">{visible(nameOf(row))}</span>
        <span className="call-path">
          {visible(row.client)} <span className="quiet">to</span> {visible(row.server)}
        </span>
        <CallStateBadge row={row} />
        <span className="call-latency">
          {row.phase === 'intent' || row.latencyMs === null ? '' : duration(row.latencyMs)}
        </span>
      </button>
    </li>
  )
})
