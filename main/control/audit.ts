import type { ControlHouse } from './house.ts'
import type { Handlers } from './types.ts'
import { auditRowView } from './views.ts'

export function auditHandlers({ audit }: ControlHouse): Handlers<'audit:query'> {
  return {
    async 'audit:query'({ since, ...filter }) {
      audit.flush()
      return audit
        .query({ ...filter, since: since === undefined ? undefined : Date.parse(since) })
        .map(auditRowView)
    },
  }
}
