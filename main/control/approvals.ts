import type { ApprovalView } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import { bindSecrets } from './servers.ts'
import type { Handlers } from './types.ts'
import { instantView } from './views.ts'

export function approvalHandlers(
  house: ControlHouse,
): Handlers<'approvals:list' | 'approvals:decide'> {
  const { config, presence } = house
  const list = (): ApprovalView[] =>
    config.held().map(({ id, kind, title, lines, since }) => ({
      id,
      kind,
      title,
      lines: [...lines],
      since: instantView(since),
    }))

  return {
    async 'approvals:list'() {
      await config.recheck()
      return list()
    },
    async 'approvals:decide'({ id, approve, confirm: answer }) {
      await config.recheck()
      const change = config.held().find((candidate) => candidate.id === id)
      if (change === undefined)
        throw new WarderError('approval.unknown', `Nothing waits under ${id}.`)
      if (!approve) {
        await config.deny(id)
        return list()
      }
      await confirm(
        presence,
        { kind: change.kind, title: change.title, lines: change.lines },
        answer,
      )
      if (change.kind === 'server') {
        const definition = config.proposedServers()[change.subject]
        if (definition !== undefined) await bindSecrets({ name: change.subject, definition }, house)
      }
      await config.approve(id)
      return list()
    },
  }
}
