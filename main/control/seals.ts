import type { ReceiptView, SignatureView } from '../../preload/contract/index.ts'
import type { SignedRecord, SignedRecords } from '../audit/signed-records.ts'
import { traceOf } from '../errors.ts'
import type { Grants, Receipt } from '../oauth/types.ts'
import { receiptContent } from './views.ts'

/** Keeps every version of every receipt, signed as soon as the vault gives the key; at the start what a crash left out. */
export function sealReceipts(grants: Grants, records: SignedRecords): void {
  const keep = (receipt: Receipt) => records.keep('receipt', receipt.id, receiptContent(receipt))
  const settle = () =>
    void records
      .settle()
      .catch((error: unknown) => process.stderr.write(`warder: ${traceOf(error)}\n`))
  for (const receipt of grants.receipts().toReversed()) keep(receipt)
  grants.on('receipt', (receipt) => {
    keep(receipt)
    settle()
  })
  // Where these happen, the vault is open.
  for (const event of ['connected', 'refreshed'] as const) grants.on(event, settle)
  settle()
}

/** Receipts with what each is signed with, as far as it is. */
export async function receiptViews(
  records: SignedRecords,
  receipts: readonly Receipt[],
): Promise<ReceiptView[]> {
  await records.settle()
  const signed = new Map(records.list('receipt').map((record) => [record.id, record]))
  const keys = records.keys()
  return receipts.map((receipt) => ({
    ...receiptContent(receipt),
    signature: signatureView(signed.get(receipt.id), keys, records.problem()),
  }))
}

export function signatureView(
  record: SignedRecord | undefined,
  keys: Readonly<Record<string, string>>,
  problem: string | null,
): SignatureView | null {
  if (record === undefined) return null
  const { version, signature, key } = record
  const publicKey = key === null ? null : (keys[key] ?? null)
  const why = signature === null && problem !== null ? { why: problem } : {}
  return { version, signature, key, publicKey, ...why }
}
