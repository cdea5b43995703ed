import { assertNever } from '../errors.ts'
import type { LedgerEntry, SignOutReason } from './ledger-entry.ts'
import { clockTime, dayAndTime, duration } from './times.ts'
import type { AccountHistory, Grant } from './types.ts'

/** The state of an account and why it is so, in sentences for a person. */
export interface Explanation {
  readonly state: Grant['state'] | 'gone'
  readonly sentences: readonly string[]
  /** What mends it, as a command or a sentence; null where nothing has to be mended. */
  readonly mend: string | null
}

/** A nap, or a correction of the clock, that can have had to do with it. */
const NOTEWORTHY_MS = 60_000

export function explain(history: AccountHistory, now: number): Explanation {
  const { grant, server, account } = history
  const connect = `warder connect ${server}`
  if (grant === null) return { state: 'gone', sentences: revoked(history), mend: connect }
  const { state } = grant
  switch (state) {
    case 'connected':
      return { state, sentences: connected(history, grant, now), mend: null }
    case 'sign-in-needed':
      return {
        state,
        sentences: signedOut(history, grant),
        mend:
          grant.kind === 'service'
            ? `Look whether its secret is still good (warder secret set replaces it), then: ${connect}`
            : connect,
      }
    case 'frozen':
      return {
        state,
        sentences: held(history, grant),
        mend: `If the change is genuine: warder revoke ${server}/${account}, then ${connect}`,
      }
    case 'revoking':
      return { state, sentences: revoked(history), mend: null }
    default:
      return assertNever(state)
  }
}

function connected(history: AccountHistory, grant: Grant, now: number): string[] {
  const { refreshedAt, connectedAt, expiresAt, renewable } = grant
  const since = `${connectedAs[grant.kind]} on ${dayAndTime(connectedAt)}`
  const renewed = refreshedAt === null ? '' : `, last renewed on ${dayAndTime(refreshedAt)}`
  const first = `${since}${renewed}.`
  if (!renewable) {
    const until = expiresAt === null ? '' : ` It lasts until ${dayAndTime(expiresAt)}.`
    return [first, `The provider gave no refresh token, so nothing can be renewed.${until}`]
  }
  return [first, ...trouble(history, grant, now)]
}

const connectedAs: Record<Grant['kind'], string> = {
  person: 'Signed in',
  service: 'Warder signed in as itself, a service,',
  exchange: 'Got in exchange for the token of another account',
}

/** What stands in the way of the next renewal, or did at the last one. */
function trouble({ entries, retryAt }: AccountHistory, grant: Grant, now: number): string[] {
  const last = entries.find(({ grant: id, event }) => id === grant.id && event === 'renewal')
  if (last === undefined || last.outcome === 'renewed') return []
  if (last.outcome === null && !last.cutShort) return ['A renewal is under way.']
  const sentence = `The renewal on ${dayAndTime(last.at)} failed: ${whatHappened(last)}.`
  if (retryAt === null) return [sentence, 'Warder asks again at the next call.']
  const { expiresAt } = grant
  const meanwhile =
    expiresAt === null || expiresAt > now
      ? 'Until then the access token at hand is used, as long as the server takes it.'
      : 'Until then calls fail at once.'
  return [sentence, `Warder asks again at ${clockTime(retryAt)}. ${meanwhile}`]
}

function signedOut({ entries }: AccountHistory, grant: Grant): string[] {
  const own = entries.filter((entry) => entry.grant === grant.id)
  const at = own.findIndex(({ event }) => event === 'signed-out')
  const end = own[at]
  if (end === undefined) return ['The sign-in was not finished.']
  const when = `Signed out on ${dayAndTime(end.at)}`
  if (end.reason !== 'provider') return [`${when}: ${signedOutBecause(end)}.`]
  const [refusal, before] = own.slice(at + 1).filter(({ event }) => event === 'renewal')
  if (refusal === undefined) return [`${when}: the provider refused the renewal.`]
  return [`${when}: ${whatHappened(refusal)}${circumstances(refusal)}.`, ...lostAnswer(before)]
}

/** Where a provider rotates refresh tokens, an answer that never arrived held the only one that is still good. */
function lostAnswer(before: LedgerEntry | undefined): string[] {
  if (before === undefined) return []
  const when = `The renewal before that, on ${dayAndTime(before.at)},`
  if (before.cutShort)
    return [`${when} was cut short: if the provider sent a new token then, it never got here.`]
  if (before.outcome === 'not-stored')
    return [`${when} was answered, but the vault did not store what came.`]
  if (before.outcome === 'unavailable' && before.status === null)
    return [`${when} got no answer: if the provider sent a new token then, it never got here.`]
  return []
}

function circumstances({ sleptMs, tokenAgeMs }: LedgerEntry): string {
  const slept = sleptMs ?? 0
  const pause =
    slept >= NOTEWORTHY_MS
      ? ` after the machine slept ${duration(slept)}`
      : slept <= -NOTEWORTHY_MS
        ? ` after the clock was set back ${duration(-slept)}`
        : ''
  return `${pause}${tokenAgeMs === null ? '' : `; the refresh token was ${duration(tokenAgeMs)} old`}`
}

function signedOutBecause({ reason }: LedgerEntry): string {
  const because: Record<Exclude<SignOutReason, 'provider'>, string> = {
    resource: 'the server refuses even a token that was just renewed',
    expired: 'the access token is over, and the provider gave no refresh token',
    vault: 'the vault holds no token of it any more',
  }
  return because[reason as keyof typeof because] ?? 'it cannot be used any more'
}

function held({ entries }: AccountHistory, grant: Grant): string[] {
  const entry = entries.find(({ grant: id, event }) => id === grant.id && event === 'frozen')
  const since = entry === undefined ? '' : ` since ${dayAndTime(entry.at)}`
  if (entry?.reason === 'unbound')
    return [
      `Held${since}: the provider ${grant.issuer} answered a renewal with a token that is bound to no key (DPoP), which was not accepted.`,
    ]
  return [
    `Held${since}: the provider ${grant.issuer} now names other endpoints than at the sign-in. The token was sent nowhere.`,
  ]
}

function revoked({ entries, receipt }: AccountHistory): string[] {
  const entry = entries.find(({ event }) => event === 'revoked')
  const at = receipt?.startedAt ?? entry?.at
  const when = at === undefined ? 'Revoked' : `Revoked on ${dayAndTime(at)}`
  if (receipt === null) return [`${when}.`]
  const proof = {
    proven: 'every token of it was seen dead',
    revoked: 'the provider confirmed it',
    pending: 'out of use here; the provider has not confirmed it yet, Warder asks again',
    'local-only': 'out of use here only',
  }[receipt.state]
  return [`${when}: ${proof}.`, ...(receipt.remains === null ? [] : [receipt.remains])]
}

/** One entry as a line of its own, without its time. */
export function entryText(entry: LedgerEntry): string {
  switch (entry.event) {
    case 'signed-in':
      return 'signed in'
    case 'signed-out':
      return entry.reason === 'provider' ? 'signed out' : `signed out: ${signedOutBecause(entry)}`
    case 'frozen':
      if (entry.reason === 'unbound') return 'held: the renewal brought a token without its binding'
      return 'held: the provider names other endpoints than at the sign-in'
    case 'revoked':
      return 'revoked'
    case 'renewal':
      return `${why(entry)}: ${whatHappened(entry)}${entry.outcome === 'renewed' ? '' : circumstances(entry)}`
    default:
      return assertNever(entry.event)
  }
}

function why({ reason }: LedgerEntry): string {
  if (reason === 'start') return 'renewal after Warder started'
  if (reason === 'proof') return 'trial of the revoked refresh token'
  if (reason === 'import') return 'renewal that took it over from another program'
  return reason === 'rejected-by-resource'
    ? 'renewal because the server refused the token'
    : 'renewal ahead of expiry'
}

function whatHappened(entry: LedgerEntry): string {
  const { outcome, rotated, error, status, cutShort } = entry
  const answer = error ?? status
  switch (outcome) {
    case 'renewed':
      return rotated ? 'renewed, with a new refresh token' : 'renewed'
    case 'refused':
      if (entry.code === 'oauth.dpop_downgrade') return 'the provider issued an unbound token'
      return answer === null ? 'the provider refused' : `the provider answered ${answer}`
    case 'unavailable':
      return answer === null ? noAnswer(entry) : `the provider answered ${answer}`
    case 'not-stored':
      return 'the vault did not store what the provider sent'
    case 'held':
      return 'not sent, since the provider names other endpoints than at the sign-in'
    case null:
      return cutShort ? 'cut short, since Warder ended in the middle of it' : 'under way'
    default:
      return assertNever(outcome)
  }
}

function noAnswer({ code }: LedgerEntry): string {
  const silent = code === null || code === 'oauth.provider_unavailable'
  return silent ? 'the provider did not answer' : `the provider could not be asked (${code})`
}
