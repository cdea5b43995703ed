import type { Channel } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { lockedError } from '../policy/hold.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import type { Handlers } from './types.ts'

type HoldChannel = 'hold:pause' | 'hold:resume' | 'hold:lock' | 'hold:unlock' | 'hold:screen'

/**
 * Pause and lock. Beginning narrows, so nobody is asked; lifting widens. A pause lets what was sent already come back; a
 * lock cuts it, gives up sign-ins and ends local servers, since those hold credentials.
 */
export function holdHandlers(house: ControlHouse): Handlers<HoldChannel> {
  const { hold, bridge, runtime, grants, presence } = house

  function required(kind: 'paused' | 'locked') {
    if (hold.since(kind) !== null) return
    throw new WarderError('usage.invalid', `Warder is not ${kind}.`)
  }

  /** Clients ask for their lists again: they were empty of everything that may not be called. */
  function lift(kind: 'paused' | 'locked') {
    hold.lift(kind)
    bridge.announce()
    return {}
  }

  return {
    async 'hold:pause'() {
      try {
        hold.begin('paused', Date.now())
      } finally {
        bridge.reconsider()
        bridge.announce()
      }
      return {}
    },
    async 'hold:resume'({ confirm: answer }) {
      required('paused')
      const lines = ['Every client may call again what the rules allow it']
      await confirm(
        presence,
        { kind: 'hold.resume', title: 'End the pause of all calls', lines },
        answer,
      )
      return lift('paused')
    },
    async 'hold:lock'() {
      try {
        hold.begin('locked', Date.now())
      } finally {
        grants.abandon()
        await Promise.all([bridge.cutCalls(lockedError()), runtime.endAll()])
      }
      return {}
    },
    async 'hold:unlock'({ confirm: answer }) {
      required('locked')
      const lines = ['Clients may call again, and everything can be seen and changed again']
      await confirm(presence, { kind: 'hold.unlock', title: 'Unlock Warder', lines }, answer)
      return lift('locked')
    },
    async 'hold:screen'({ lock, confirm: answer }) {
      if (!lock && hold.withScreen())
        await confirm(
          presence,
          {
            kind: 'hold.screen',
            title: 'Stay unlocked when the screen is locked',
            lines: ['Clients may call while nobody is at the machine'],
          },
          answer,
        )
      hold.setWithScreen(lock)
      return {}
    },
  }
}

/** What is answered while Warder is locked: what narrows, and what leads out. Everything else shows or changes something. */
const whileLocked: ReadonlySet<Channel> = new Set<Channel>([
  'status:get',
  'ui:open',
  'hold:pause',
  'hold:lock',
  'hold:unlock',
  'stop:now',
  'accounts:revoke',
  'accounts:cancel',
  'clients:remove',
  'servers:remove',
  'secrets:remove',
  'exports:cancel',
])

/** @throws WarderError `policy.locked` */
export function refuseWhileLocked(channel: Channel, { hold }: Pick<ControlHouse, 'hold'>): void {
  if (hold.since('locked') !== null && !whileLocked.has(channel)) throw lockedError()
}
