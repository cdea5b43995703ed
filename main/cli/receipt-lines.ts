import type { ReceiptStep, ReceiptView } from '../../preload/contract/index.ts'
import { type Line, localTime, type Style } from './output.ts'

/** What was proven, strongest first: the words the window uses too. */
const states: Record<ReceiptView['state'], { words: string; style: Style }> = {
  proven: { words: 'revoked, and every token was seen dead', style: 'green' },
  revoked: { words: 'revoked: the provider said so', style: 'green' },
  pending: {
    words: 'out of use here; the provider has not confirmed yet, tried again',
    style: 'yellow',
  },
  'local-only': {
    words: 'out of use here only; the provider has no way to revoke',
    style: 'yellow',
  },
}

const steps: Record<ReceiptStep['step'], string> = {
  local: 'on this machine',
  'revoke-refresh-token': 'refresh token',
  'revoke-access-token': 'access token',
  'introspect-refresh-token': 'refresh token, introspected',
  'introspect-access-token': 'access token, introspected',
  probe: 'access token, shown to the server',
  'try-refresh': 'refresh token, tried again',
  'delete-registration': "Warder's registration",
}

/** Receipts for a person: the verdict first, then what was done, then what may live on. */
export function receiptLines(receipts: readonly ReceiptView[]): Line[] {
  return receipts.flatMap((receipt) => {
    // Not out of use even here: no verdict of the provider may hide that.
    const { words, style } = localPartFailed(receipt)
      ? { words: 'NOT revoked', style: 'red' as const }
      : states[receipt.state]
    return [
      [{ text: receipt.account, style: 'bold' }, ': ', { text: words, style }] satisfies Line,
      `  at ${receipt.issuer}, ${localTime(receipt.startedAt)}, because: ${receipt.reason}`,
      `  ${signed(receipt)}`,
      ...receipt.steps.map(stepLine),
      ...(receipt.remains === null ? [] : [`  may live on: ${receipt.remains}`]),
    ]
  })
}

/** True where the account is still usable on this machine. */
export function localPartFailed(receipt: ReceiptView): boolean {
  return receipt.steps.some(({ step, outcome }) => step === 'local' && outcome === 'failed')
}

function stepLine({ step, outcome, endpoint, status, detail }: ReceiptStep): string {
  const asked = endpoint === null ? '' : ` [${endpoint}${status === null ? '' : ` ${status}`}]`
  return `  ${steps[step]}: ${outcome}. ${detail}${asked}`
}

function signed({ id, signature }: ReceiptView): string {
  if (signature?.signature == null)
    return `receipt ${id}, not signed yet${signature?.why === undefined ? '' : `: ${signature.why}`}`
  return `receipt ${id}, version ${signature.version}, signed by ${signature.key}`
}
