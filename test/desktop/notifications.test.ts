import { expect, it } from 'vitest'
import { createApprovalNotes } from '../../main/desktop/approval-notes.ts'
import type { StatusView } from '../../preload/contract/index.ts'

it('tells of approvals once, when more wait than before, and never while locked', () => {
  const told: string[] = []
  const seen = createApprovalNotes({ notify: ({ title }) => told.push(title) })
  const status = (approvals: number, locked: string | null = null) =>
    seen({ approvals, locked } as StatusView)
  status(0)
  status(2, '2026-01-01T00:00:00Z')
  expect(told).toHaveLength(0)
  status(2)
  status(2)
  status(1)
  expect(told).toHaveLength(1)
  status(2)
  expect(told).toHaveLength(2)
})
