import type { ControlHouse } from './house.ts'
import type { Handlers } from './types.ts'
import { auditRowView, instantView } from './views.ts'

export function auditHandlers({ audit }: ControlHouse): Handlers<'audit:query' | 'audit:summary'> {
  return {
    async 'audit:query'({ since, until, ...filter }) {
      audit.flush()
      const instant = (text: string | undefined) =>
        text === undefined ? undefined : Date.parse(text)
      return audit
        .query({ ...filter, since: instant(since), until: instant(until) })
        .map(auditRowView)
    },
    async 'audit:summary'({ hours, minutes }) {
      const { since, step, whole, buckets } = audit.summary({ hours, minutes })
      return {
        since: instantView(since),
        step,
        whole,
        buckets: buckets.map((bucket) => ({ ...bucket, at: instantView(bucket.at) })),
      }
    },
  }
}
