import { randomUUID } from 'node:crypto'
import { type StopRecord, stopRecord } from '../../preload/contract/index.ts'
import type { SignedRecord } from '../audit/signed-records.ts'
import { traceOf, WarderError } from '../errors.ts'
import type { Receipt } from '../oauth/types.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import { signatureView } from './seals.ts'
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
    const { id, at } = stop.current() ?? { id: randomUUID(), at: Date.now() }
    const sessions = bridge.sessions()
    // Not inside: it holds as well where the disk cannot be written.
    grants.abandon()
    const begin = () =>
      stop.begin({ id, at }, () => {
        const revoking = grants.list().map((grant) => settledBy(grants.revoke(grant.id, REASON)))
        const names = clients.voidBearers()
        const record = continued(recorded(id), recordOf({ id, at, sessions, names }))
        keep(record)
        return { revoking, record }
      })
    const begun = await orElse(begin, () => Promise.all([bridge.cutAll(), runtime.endAll()]))
    const cut = bridge.cutAll()
    const children = (await runtime.endAll()).map(({ name, pid, ended }) => ({
      server: name,
      pid,
      ended,
    }))
    const localMs = begun.record.localMs ?? Math.round(performance.now() - started)
    const record = recorded(id) ?? begun.record
    keep({
      ...record,
      localMs,
      children: withNew(record.children, children, ({ pid }) => pid),
      failures: [...record.failures, ...children.filter(({ ended }) => !ended).map(notEnded)],
    })
    await Promise.all([cut, ...begun.revoking])
    await records.settle()
    return recorded(id) ?? record
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
      // Until each is seen gone: should Warder die before that, the record names what may live on.
      children: runtime.running().map(({ name, pid }) => ({ server: name, pid, ended: false })),
      secrets: secrets.list().map(({ name, server }) => ({ name, server, note: NOT_REVOKED })),
      failures: [],
    }
  }

  /** Those of this stop, and those of earlier revocations that no provider has confirmed. */
  const pending = () => grants.receipts().filter(({ state }) => state === 'pending')

  const keep = (record: StopRecord) => records.keep('stop', record.id, record)
  const all = () => records.list('stop').map(contentOf)
  const recorded = (id: string) => all().find((record) => record.id === id)

  /** What a kill in the middle of a stop left open is said, and providers are asked at once. */
  function takeUp(): void {
    const stopped = stop.current()
    const record = stopped === null ? undefined : recorded(stopped.id)
    if (record === undefined) return
    const alive = record.children.filter(({ ended }) => !ended)
    if (record.localMs === null && record.failures.length === 0)
      keep({ ...record, failures: [CUT_SHORT, ...alive.map(notEnded)] })
    for (const { id, state } of grants.list())
      if (state === 'revoking') void settledBy(grants.revoke(id, REASON))
  }

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

  takeUp()

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
      const record = recorded(stopped.id)
      if (record !== undefined) keep({ ...record, resumedAt: instantView(Date.now()) })
      await records.settle()
      bridge.announce()
      return {}
    },
    async 'stop:records'() {
      await records.settle()
      const keys = records.keys()
      return records.list('stop').map((record) => ({
        ...contentOf(record),
        signature: signatureView(record, keys, records.problem()),
      }))
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

const contentOf = ({ document }: SignedRecord): StopRecord =>
  stopRecord.parse((JSON.parse(document) as { content: unknown }).content)

const CUT_SHORT = 'Warder ended in the middle of the stop, and did not see what follows to its end.'
const notEnded = ({ server, pid }: StopRecord['children'][number]) =>
  `The process ${pid} of ${server} was not seen to end: if it is still there, end it by hand.`

/** A second stop, while one is in force, goes on with its record. */
function continued(before: StopRecord | undefined, now: StopRecord): StopRecord {
  if (before === undefined) return now
  return {
    ...before,
    grants: withNew(before.grants, now.grants, ({ receipt }) => receipt),
    clients: withNew(before.clients, now.clients, ({ name }) => name),
    children: withNew(before.children, now.children, ({ pid }) => pid),
    secrets: withNew(before.secrets, now.secrets, ({ name }) => name),
  }
}

function withNew<T>(before: readonly T[], now: readonly T[], key: (one: T) => unknown): T[] {
  const keys = new Set(now.map(key))
  return [...before.filter((one) => !keys.has(key(one))), ...now]
}

/** A locked vault leaves the receipt pending: that is in the record, and no failure of the stop. */
const settledBy = (revoking: Promise<unknown>) => revoking.catch(() => undefined)
