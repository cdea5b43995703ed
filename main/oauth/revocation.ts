import { WarderError } from '../errors.ts'
import { createAgenda, pauseAfter } from './agenda.ts'
import { conclude, firstStep, remember } from './receipt.ts'
import type { GrantRow, ReceiptRow } from './repository.ts'
import { createRounds, type RoundsOptions } from './revocation-round.ts'
import {
  grantKey,
  grantLabel,
  readSealed,
  revokeKey,
  type SealedGrant,
  writeSealed,
} from './sealed-grant.ts'
import type { Seized } from './token-keeper.ts'
import type { ReceiptStep } from './types.ts'

export interface Revoker {
  /**
   * The local part that counts: when this returns, the database says so and nothing gives the token out any more.
   *
   * @param local what is said of that part, where it is not the usual
   * @throws WarderError `store.unwritable`
   */
  begin(row: GrantRow, reason: string, local?: Pick<ReceiptStep, 'outcome' | 'detail'>): ReceiptRow
  /** The rest: moves the token out of reach, asks the provider, probes. @throws WarderError `vault.*` */
  carryOn(receipt: string, seized: Seized | null): Promise<ReceiptRow>
  /** Takes up what is due now, and later what becomes due. */
  start(): void
  /** Waits for what is under way; starts nothing new. */
  close(): Promise<void>
}

export interface RevokerOptions extends RoundsOptions {
  readonly randomId: () => string
  readonly onReceipt: (receipt: ReceiptRow) => void
}

export function createRevoker(options: RevokerOptions): Revoker {
  const { repository, vault, clock } = options
  const askEverybody = createRounds(options)
  const running = new Map<string, Promise<ReceiptRow>>()
  const agenda = createAgenda({ clock, next: nextDue, begin: beginDue })
  /** What was in memory when the revocation began, until the vault takes it: without it an access token is only forgotten. */
  const waiting = new Map<string, Seized>()

  function begin(
    row: GrantRow,
    reason: string,
    local?: Pick<ReceiptStep, 'outcome' | 'detail'>,
  ): ReceiptRow {
    const receipt: ReceiptRow = {
      id: options.randomId(),
      grant: row.id,
      account: row.account,
      server: row.server,
      issuer: row.issuer,
      registration: row.registration,
      reason,
      startedAt: clock(),
      state: 'pending',
      steps: [{ ...firstStep(clock()), ...local }],
      remains: null,
      attempts: 0,
      nextAttemptAt: clock() + pauseAfter(0),
    }
    repository.transaction(() => {
      repository.saveGrant({ ...row, state: 'revoking' })
      repository.saveReceipt(receipt)
    })
    options.onReceipt(receipt)
    return receipt
  }

  function carryOn(id: string, seized: Seized | null): Promise<ReceiptRow> {
    const already = running.get(id)
    if (already !== undefined) return already
    const begun = attempt(id, seized).finally(() => {
      running.delete(id)
      agenda.schedule()
    })
    running.set(id, begun)
    return begun
  }

  async function attempt(id: string, seized: Seized | null): Promise<ReceiptRow> {
    const receipt = repository.receipt(id)
    if (receipt === null) throw new WarderError('grant.unknown', 'There is no such revocation.')
    if (receipt.state !== 'pending') return receipt
    const grant = repository.grant(receipt.grant)
    postpone(receipt)
    if (seized !== null) waiting.set(id, seized)
    const aside = await moveAside(receipt, waiting.get(id) ?? null).catch((error: unknown) => {
      // Nobody was asked, so there is nobody to be gentle with: it is tried again soon, as often as it takes.
      save({ ...receipt, remains: NOT_OPENED, nextAttemptAt: clock() + pauseAfter(0) })
      throw error
    })
    waiting.delete(id)
    const round = aside === null ? null : await askEverybody(receipt, grant, aside)
    const { steps, sealed, retryAfterMs } = round ?? { ...receipt, sealed: null, retryAfterMs: 0 }
    const lastExpiry = latest(grant?.expiresAt ?? null, sealed?.expiresAt ?? null)
    const outcome = conclude(steps, sealed, lastExpiry, clock())
    return finish({ ...postponed(receipt, retryAfterMs), steps, ...outcome })
  }

  /** Written before anybody is asked: a crash in between counts as an attempt. */
  function postpone(receipt: ReceiptRow): void {
    repository.saveReceipt(postponed(receipt, 0))
  }

  function postponed(receipt: ReceiptRow, retryAfterMs: number): ReceiptRow {
    return {
      ...receipt,
      attempts: receipt.attempts + 1,
      nextAttemptAt: clock() + Math.max(pauseAfter(receipt.attempts), retryAfterMs),
    }
  }

  /** From the item that is read for use to one that only this module reads. */
  async function moveAside(
    receipt: ReceiptRow,
    seized: Seized | null,
  ): Promise<SealedGrant | null> {
    const label = grantLabel(receipt)
    const aside = revokeKey(receipt.id)
    const unstored = await seized?.unstored
    const moved = await readSealed(vault(), aside, label, options.knownSecrets)
    if (moved !== null) return moved
    const stored = await readSealed(vault(), grantKey(receipt.grant), label, options.knownSecrets)
    const newest = unstored ?? stored
    if (newest === null) return null
    const sealed = { ...newest, accessToken: newest.accessToken ?? seized?.accessToken ?? null }
    await writeSealed(vault(), aside, sealed)
    await vault().delete(grantKey(receipt.grant))
    return sealed
  }

  async function finish(receipt: ReceiptRow): Promise<ReceiptRow> {
    if (receipt.state === 'pending') return save(receipt)
    await vault().delete(revokeKey(receipt.id))
    repository.removeGrant(receipt.grant)
    const saved = save({ ...receipt, nextAttemptAt: null })
    // What is left of the registration is no token: when it cannot be removed now, nothing is lost by that.
    const removed = await options.clients.retire(receipt.registration).catch(() => null)
    if (removed === null) return saved
    const step = { at: clock(), step: 'delete-registration', ...removed } as const
    return save({ ...saved, steps: remember(saved.steps, step) })
  }

  function save(receipt: ReceiptRow): ReceiptRow {
    repository.saveReceipt(receipt)
    options.onReceipt(receipt)
    return receipt
  }

  function nextDue(): number | null {
    const times = repository
      .receipts()
      .filter((one) => one.state === 'pending' && !running.has(one.id))
      .map((one) => one.nextAttemptAt ?? clock())
    return times.length === 0 ? null : Math.min(...times)
  }

  function beginDue(): Promise<unknown>[] {
    return repository
      .receipts()
      .filter((one) => one.state === 'pending' && (one.nextAttemptAt ?? 0) <= clock())
      .map(({ id }) => carryOn(id, null))
  }

  return {
    begin,
    carryOn,
    start: agenda.begin,
    async close() {
      agenda.close()
      await Promise.allSettled(running.values())
    },
  }
}

const NOT_OPENED =
  'The vault could not be opened, so the provider was not asked yet: take the token as valid there. Warder tries again every minute.'

const latest = (one: number | null, other: number | null) =>
  one === null || other === null ? (one ?? other) : Math.max(one, other)
