import type { ApprovalView } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { pickProvider } from '../servers/providers.ts'
import { bindProxyPassword } from '../servers/proxy.ts'
import { describe } from '../servers/servers.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import { keepPin, linesOf, prepare, unconfirmedServers, withPin } from './local-runs.ts'
import { bindProviderSecret, bindSecrets } from './new-server.ts'
import { toolApprovals } from './tool-approvals.ts'
import type { Handlers } from './types.ts'
import { instantView } from './views.ts'

export function approvalHandlers(
  house: ControlHouse,
): Handlers<'approvals:list' | 'approvals:decide'> {
  const { config, presence } = house
  const tools = toolApprovals(house)
  /** Since when a program waits that is not what was approved: nobody edited anything then. */
  const noticed = new Map<string, number>()

  async function list(): Promise<ApprovalView[]> {
    const edited = config.held().map(async ({ id, kind, subject, title, lines, since }) => {
      const definition = kind === 'server' && config.proposedServers()[subject]
      const shown = definition ? await linesOf({ name: subject, definition }, house) : lines
      return { id, kind, title, lines: [...shown], since: instantView(since) }
    })
    const other = (await unconfirmedServers(house)).map(({ id, title, lines }) => {
      const since = noticed.get(id) ?? Date.now()
      noticed.set(id, since)
      return { id, kind: 'server.run', title, lines: [...lines], since: instantView(since) }
    })
    return [...(await Promise.all(edited)), ...other, ...tools.list()]
  }

  return {
    async 'approvals:list'() {
      await config.recheck()
      return list()
    },
    async 'approvals:decide'({ id, approve: yes, confirm: answer }) {
      await config.recheck()
      if (tools.has(id)) {
        await tools.decide(id, yes, answer)
        return list()
      }
      const run = (await unconfirmedServers(house)).find((candidate) => candidate.id === id)
      if (run !== undefined) {
        // Not approved, it is refused at each start as before.
        if (!yes) return list()
        const { title, lines } = run
        await confirm(presence, { kind: 'server.run', title, lines }, answer)
        await bindSecrets(run.server, house)
        await keepPin(run.server, house)
        prepare(run.server, house)
        return list()
      }
      const change = config.held().find((candidate) => candidate.id === id)
      if (change === undefined) throw gone(id)
      if (!yes) {
        await config.deny(id)
        return list()
      }
      const definition = change.kind === 'server' && config.proposedServers()[change.subject]
      const server = definition && (await withPin({ name: change.subject, definition }, house))
      await confirm(
        presence,
        {
          kind: change.kind,
          title: change.title,
          lines: server ? describe(server) : change.lines,
        },
        answer,
      )
      // The file may have changed while the person was reading; no secret is bound to what was not shown.
      if (!config.held().some((candidate) => candidate.id === id)) throw gone(id)
      if (server) await bindSecrets(server, house)
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
      if (server) {
        await keepPin(server, house)
        prepare(server, house)
      }
      return list()
    },
  }
}

const gone = (id: string) => new WarderError('approval.unknown', `Nothing waits under ${id}.`)
