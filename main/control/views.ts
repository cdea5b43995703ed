import type {
  AccountView,
  AuditRow,
  LedgerEntryView,
  Output,
  ReceiptView,
  WhyView,
} from '../../preload/contract/index.ts'
import type { Row } from '../audit/rows.ts'
import { entryText, explain } from '../oauth/explain.ts'
import type { LedgerEntry } from '../oauth/ledger-entry.ts'
import type { AccountHistory, Grant, Receipt, SignIn } from '../oauth/types.ts'
import { quirks } from '../store/quirks.ts'

/** What the rooms below hold, as the contract shows it. */

export const instantView = (milliseconds: number) => new Date(milliseconds).toISOString()
const instantOrNull = (milliseconds: number | null) =>
  milliseconds === null ? null : instantView(milliseconds)

export const accountName = (grant: Pick<Grant, 'server' | 'account'>) =>
  `${grant.server}/${grant.account}`

export function accountView(
  grant: Grant,
  about: Pick<AccountView, 'revokeWarning' | 'unused' | 'usedBy' | 'lacking' | 'scopesFixed'>,
): AccountView {
  return {
    account: accountName(grant),
    server: grant.server,
    kind: grant.kind,
    subject: grant.subject,
    organisation: grant.organisation,
    issuer: grant.issuer,
    resource: grant.resource,
    clientId: grant.clientId,
    scopes: [...grant.scopes],
    withheld: [...grant.withheld],
    state: grant.state,
    connectedAt: instantView(grant.connectedAt),
    refreshedAt: instantOrNull(grant.refreshedAt),
    accessTokenExpiresAt: instantOrNull(grant.expiresAt),
    renewable: grant.renewable,
    quirks: [...grant.quirks],
    ...about,
    bound: grant.bound,
  }
}

/** A receipt as it is signed. */
export type ReceiptContent = Omit<ReceiptView, 'signature'>

export function receiptContent(receipt: Receipt): ReceiptContent {
  return {
    id: receipt.id,
    account: accountName(receipt),
    server: receipt.server,
    issuer: receipt.issuer,
    reason: receipt.reason,
    startedAt: instantView(receipt.startedAt),
    state: receipt.state,
    steps: receipt.steps.map((step) => ({ ...step, at: instantView(step.at) })),
    remains: receipt.remains,
  }
}

export function whyView(history: AccountHistory, now: number): WhyView {
  const { server, issuer, retryAt, entries } = history
  const { state, sentences, mend } = explain(history, now)
  return {
    account: accountName(history),
    server,
    issuer,
    state,
    sentences: [...sentences],
    mend,
    retryAt: instantOrNull(retryAt),
    quirks: (history.grant?.quirks ?? []).map((name) => ({ name, meaning: quirks[name].known })),
    entries: entries.map(ledgerEntryView),
  }
}

function ledgerEntryView(entry: LedgerEntry): LedgerEntryView {
  const { seq: _, grant, server, account, label, issuer, at, endedAt, retryAt, ...rest } = entry
  return {
    ...rest,
    at: instantView(at),
    endedAt: instantOrNull(endedAt),
    retryAt: instantOrNull(retryAt),
    text: entryText(entry),
  }
}

export function auditRowView(row: Row): AuditRow {
  return { ...row, at: instantView(row.at), argumentKeys: [...row.argumentKeys] }
}

/** Everything of a sign-in that a person has to see; what ends it stays here. */
export function signInView(signIn: SignIn): Output<'accounts:connect'> {
  const { flow, url, host, issuer, device, deviceOffered } = signIn
  return {
    ...{ flow, url, host, issuer, device, deviceOffered },
    otherIssuers: [...signIn.otherIssuers],
    scopes: [...signIn.scopes],
    expiresAt: instantView(signIn.expiresAt),
    linkExpiresAt: signIn.linkExpiresAt === null ? null : instantView(signIn.linkExpiresAt),
  }
}
