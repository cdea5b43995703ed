import type { ApprovalView } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { pickProvider } from '../servers/providers.ts'
import { bindProxyPassword } from '../servers/proxy.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import { bindProviderSecret, bindSecrets } from './new-server.ts'
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
      if (change === undefined) throw gone(id)
      if (!approve) {
        await config.deny(id)
        return list()
      }
      const definition = change.kind === 'server' && config.proposedServers()[change.subject]
      await confirm(
        presence,
        { kind: change.kind, title: change.title, lines: change.lines },
        answer,
      )
      // The file may have changed while the person was reading; no secret is bound to what was not shown.
      if (!config.held().some((candidate) => candidate.id === id)) throw gone(id)
      if (definition) await bindSecrets({ name: change.subject, definition }, house)
      if (change.kind === 'provider')
        await bindProviderSecret(
          {
            name: change.subject,
            profile: pickProvider(change.approve(config.current()).providers, change.subject),
          },
          house,
        )
      if (change.kind === 'proxy')
        await bindProxyPassword(change.approve(config.current()).settings.proxy, house.secrets)
      await config.approve(id)
      return list()
    },
  }
}

const gone = (id: string) => new WarderError('approval.unknown', `Nothing waits under ${id}.`)
