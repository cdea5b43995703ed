import {
  type Channel,
  channels,
  type EventName,
  type Events,
} from '../../preload/contract/index.ts'
import { toWarderError, traceOf, WarderError } from '../errors.ts'
import { createEmitter } from '../events.ts'
import { accountHandlers } from './accounts.ts'
import { adoptionHandlers } from './adoptions.ts'
import { approvalHandlers } from './approvals.ts'
import { auditHandlers } from './audit.ts'
import { autostartHandlers } from './autostart.ts'
import { clientHandlers } from './clients.ts'
import { exportHandlers } from './exports.ts'
import { holdHandlers, refuseWhileLocked } from './hold.ts'
import type { ControlHouse } from './house.ts'
import { importHandlers } from './imports.ts'
import { licenceHandlers } from './licences.ts'
import { newerPackageHandlers } from './newer-package.ts'
import { pastedHandlers } from './pasted.ts'
import { sealReceipts } from './seals.ts'
import { secretHandlers } from './secrets.ts'
import { serverHelpHandlers } from './server-help.ts'
import { serverHandlers } from './servers.ts'
import { shellHandlers } from './shell.ts'
import { statusHandlers } from './status.ts'
import { stopHandlers } from './stop.ts'
import { toolHandlers } from './tool-approvals.ts'
import { trimHandlers } from './trim.ts'
import type { Control, Handlers } from './types.ts'
import { updateHandlers } from './updates.ts'
import { vaultHandlers } from './vault.ts'
import { auditRowView } from './views.ts'
import { wiringHandlers } from './wiring.ts'

/** The control API over the rooms below: every transport calls this, and nothing else reaches those rooms from outside. */
export function createControl(house: ControlHouse): Control {
  sealReceipts(house.grants, house.records)
  const rooms = {
    ...statusHandlers(house),
    ...serverHandlers(house),
    ...serverHelpHandlers(house),
    ...newerPackageHandlers(house),
    ...pastedHandlers(house),
    ...toolHandlers(house),
    ...secretHandlers(house),
    ...accountHandlers(house),
    ...importHandlers(house),
    ...adoptionHandlers(house),
    ...clientHandlers(house),
    ...wiringHandlers(house),
    ...approvalHandlers(house),
    ...auditHandlers(house),
    ...stopHandlers(house),
    ...holdHandlers(house),
    ...licenceHandlers(house),
    ...trimHandlers(house),
    ...autostartHandlers(house),
    ...shellHandlers(house),
    ...vaultHandlers(house),
    ...updateHandlers(house),
  }
  const handlers: Handlers = { ...rooms, ...exportHandlers(house, rooms) }
  const events = createEmitter<{ [E in EventName]: [payload: Events[E]] }>()
  const changed = (area: Events['state:changed']['area']) => () =>
    events.emit('state:changed', { area })

  house.audit.events.on('appended', (rows) => {
    if (!events.heard('audit:appended') || house.hold.since('locked') !== null) return
    events.emit('audit:appended', rows.map(auditRowView))
  })
  house.config.events.on('changed', () => {
    for (const area of ['servers', 'accounts', 'clients', 'approvals', 'status'] as const)
      changed(area)()
  })
  for (const event of ['connected', 'refreshed', 'revoked', 'signInNeeded'] as const) {
    house.grants.on(event, changed('accounts'))
    house.grants.on(event, changed('servers'))
  }
  house.runs.events.on('installing', changed('servers'))
  house.grants.on('scopesNeeded', changed('accounts'))
  house.bridge.parking.events.on('changed', changed('status'))
  house.pins.events.on('waiting', () => {
    for (const area of ['approvals', 'status'] as const) changed(area)()
  })
  house.updates.events.on('changed', changed('updates'))
  house.grants.on('receipt', changed('receipts'))
  for (const area of ['wiring', 'status'] as const)
    house.wiringWatch.events.on('changed', changed(area))

  return {
    async call(channel, input) {
      if (!Object.hasOwn(channels, channel))
        throw new WarderError('usage.unknown_channel', 'The control API has no such channel.')
      const name = channel as Channel
      refuseWhileLocked(name, house)
      const parsed = parseInput(name, input)
      if (!parsed.success) {
        const issue = parsed.error?.issues[0]
        // The path names the field; the value may be a secret and is not repeated.
        throw new WarderError(
          'usage.invalid',
          `${channel}: ${issue?.path.join('.') || 'input'} is not valid.`,
        )
      }
      try {
        const handler = handlers[name] as (value: unknown) => Promise<unknown>
        const output = await handler(parsed.data)
        if (name === 'stop:now' || name === 'stop:resume')
          for (const area of ['status', 'clients', 'accounts', 'receipts'] as const) changed(area)()
        if (name === 'autostart:set') changed('status')()
        if (name.startsWith('hold:'))
          for (const area of ['status', 'servers', 'accounts', 'clients'] as const) changed(area)()
        if (name === 'wiring:wire' || name === 'wiring:unwire') changed('wiring')()
        if (name.startsWith('imports:') && name !== 'imports:list') changed('imports')()
        if (name === 'secrets:set' || name === 'secrets:remove') changed('secrets')()
        return output
      } catch (error) {
        const known = toWarderError(error)
        if (known.code === 'internal.unexpected')
          process.stderr.write(`warder: ${name}: ${traceOf(known)}\n`)
        throw known
      }
    },
    on: (event, listener) => events.on(event, listener as never),
  }
}

/** An object in the place of a string may have a `length` of its own, whose members Zod calls: then it throws. */
function parseInput(channel: Channel, input: unknown) {
  try {
    return channels[channel].input.safeParse(input)
  } catch {
    return { success: false, error: null } as const
  }
}
