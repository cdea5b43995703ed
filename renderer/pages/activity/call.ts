import type { AuditRow } from '../../../preload/contract/index.ts'

/** How a call stands, as one of few words. */
export type CallState = NonNullable<AuditRow['outcome']> | 'running'

/** @param row of a finished call its outcome, else its intent */
export const stateOf = (row: AuditRow): CallState => row.outcome ?? 'running'

/** What is left out of a list of what was done: openings, lists, pings, and what is said without being asked. */
const deeds = new Set(['tools/call', 'resources/read', 'prompts/get'])
export const isDeed = ({ method }: AuditRow) => deeds.has(method)

/** What a person calls it. */
export const nameOf = ({ target, method }: AuditRow) => target ?? method
