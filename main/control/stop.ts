import { randomUUID } from 'node:crypto'
import { type StopRecord, stopRecord } from '../../preload/contract/index.ts'
import { traceOf, WarderError } from '../errors.ts'
import type { Receipt } from '../oauth/types.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import type { Handlers } from './types.ts'
import { accountName, instantView } from './views.ts'

/**
 * The one action for an emergency, and for the last day of a person or a machine. First what needs nobody: the stop is
 * in force, every grant is out of use and every bearer void, in one commit; streams are cut, children ended. Then the
 * providers are told, side by side. The record of it is kept and signed, and follows its receipts until all are settled.
 */
export function stopHandlers(
  house: ControlHouse,
): Handlers<'stop:now' | 'stop:resume' | 'stop:records'> {
  const { stop, grants, clients, records, bridge, runtime, secrets } = house

  async function now(): Promise<StopRecord> {
    const started = performance.now()
    const at = Date.now()
    const id = randomUUID()
    const children = runtime.running()
    const sessions = bridge.sessions()
    // Not inside: it holds as well where the disk cannot be written.
    grants.abandon()
    const begin = () =>
      stop.begin({ id, at }, () => {
        const revoking = grants.list().map((grant) => settledBy(grants.revoke(grant.id, REASON)))
        const names = clients.voidBearers()
        const record = recordOf({ id, at, sessions, names })
        keep(record)
        return { revoking, record }
      })
    const begun = await orElse(begin, () => Promise.all([bridge.cutAll(), endChildren(children)]))
    const cut = bridge.cutAll()
    const ended = await endChildren(children)
    const localMs = Math.round(performance.now() - started)
    keep({ ...latest(id, begun.record), localMs, ...ended })
    await Promise.all([cut, ...begun.revoking])
    await records.settle()
    return latest(id, begun.record)
  }

  function recordOf(about: {
    id: string
    at: number
    sessions: readonly string[]
    names: readonly string[]
  }): StopRecord {
    return {
      id: about.id,
      at: instantView(about.at),
      localMs: null,
      resumedAt: null,
      grants: pending().map(grantLine),
      clients: about.names.map((name) => ({
        name,
        bearer: 'void',
        sessionsCut: about.sessions.filter((client) => client === name).length,
      })),
      children: [],
      secrets: secrets.list().map(({ name, server }) => ({ name, server, note: NOT_REVOKED })),
      failures: [],
    }
  }

  /** Those of this stop, and those of earlier revocations that no provider has confirmed. */
  const pending = () => grants.receipts().filter(({ state }) => state === 'pending')

  async function endChildren(children: readonly { name: string; pid: number }[]) {
    const names = [...new Set(children.map(({ name }) => name))]
    const results = await Promise.allSettled(names.map((name) => runtime.endServer(name)))
    const failed = new Set(names.filter((_, index) => results[index]?.status === 'rejected'))
    return {
      children: children.map(({ name, pid }) => ({ server: name, pid, ended: !failed.has(name) })),
      failures: [...failed].map(
        (name) => `A process of ${name} could not be ended: end it by hand.`,
      ),
    }
  }

  const keep = (record: StopRecord) => records.keep('stop', record.id, record)
  const all = (): StopRecord[] =>
    records
      .list('stop')
      .map(({ document }) =>
        stopRecord.parse((JSON.parse(document) as { content: unknown }).content),
      )
  const latest = (id: string, otherwise: StopRecord) =>
    all().find((record) => record.id === id) ?? otherwise

  grants.on('receipt', (receipt) => {
    for (const record of all())
      if (record.grants.some((line) => line.receipt === receipt.id))
        keep({
          ...record,
          grants: record.grants.map((line) =>
            line.receipt === receipt.id ? grantLine(receipt) : line,
          ),
        })
  })
  // A sign-in that was on its way when the stop came brings a grant that nobody may use.
  grants.on('connected', (grant) => {
    if (stop.current() !== null)
      grants
        .revoke(grant.id, REASON)
        .catch((error: unknown) => process.stderr.write(`warder: ${traceOf(error)}\n`))
  })

  return {
    'stop:now': now,
    async 'stop:resume'({ confirm: answer }) {
      const stopped = stop.current()
      if (stopped === null)
        throw new WarderError('usage.invalid', 'Nothing is stopped, so there is nothing to resume.')
      await confirm(
        house.presence,
        {
          kind: 'stop.resume',
          title: 'Let calls through again',
          lines: [
            'Every client that is listed may call again what the rules allow it',
            'Static secrets are used again; accounts stay revoked until you sign in again',
            'Bearers stay void: give a client a new one with `warder client renew NAME`',
          ],
        },
        answer,
      )
      stop.lift()
      const record = all().find(({ id }) => id === stopped.id)
      if (record !== undefined) keep({ ...record, resumedAt: instantView(Date.now()) })
      await records.settle()
      bridge.announce()
      return {}
    },
    async 'stop:records'() {
      return all()
    },
  }
}

/** What needs no disk is done where it cannot be written, too: the stop is in force, and nothing goes on that had begun. */
async function orElse<T>(begin: () => T, otherwise: () => Promise<unknown>): Promise<T> {
  try {
    return begin()
  } catch (error) {
    await otherwise()
    throw error
  }
}

const REASON = 'everything was stopped'
const NOT_REVOKED =
  'Not usable while stopped, but Warder cannot revoke it: change it where it was issued.'

const grantLine = (receipt: Receipt): StopRecord['grants'][number] => ({
  account: accountName(receipt),
  receipt: receipt.id,
  state: receipt.state,
  remains: receipt.remains,
})

/** A locked vault leaves the receipt pending: that is in the record, and no failure of the stop. */
const settledBy = (revoking: Promise<unknown>) => revoking.catch(() => undefined)
