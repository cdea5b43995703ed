import type { ReceiptStep, ReceiptView } from '../../preload/contract/index.ts'
import { Badge, type Tone } from '../parts/badge.tsx'
import { hostOf, visible } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Note } from '../parts/note.tsx'
import { Prose } from '../parts/prose.tsx'
import { Time } from '../parts/time.tsx'
import { Signature } from './signature.tsx'

export const receiptStates: Record<ReceiptView['state'], [Tone, string]> = {
  proven: ['good', 'Proven: every token is dead'],
  revoked: ['good', 'Revoked by the provider'],
  pending: ['wait', 'Not done yet, tried again'],
  'local-only': ['warn', 'Ended here only'],
}

const steps: Record<ReceiptStep['step'], string> = {
  local: 'On this computer',
  'revoke-refresh-token': 'Refresh token at the provider',
  'revoke-access-token': 'Access token at the provider',
  'introspect-refresh-token': 'Refresh token, by introspection',
  'introspect-access-token': 'Access token, by introspection',
  probe: 'Access token, shown to the server',
  'try-refresh': 'Refresh token, tried again',
  'delete-registration': "Warder's registration there",
}

const outcomes: Record<ReceiptStep['outcome'], [Tone, string]> = {
  done: ['good', 'done'],
  failed: ['bad', 'failed'],
  pending: ['wait', 'waiting'],
  unsupported: ['warn', 'not offered there'],
  'not-needed': ['info', 'not needed'],
}

export function Receipt({ receipt }: { receipt: ReceiptView }) {
  const [tone, words] = receiptStates[receipt.state]
  return (
    <li className="card" aria-label={`Receipt for ${visible(receipt.account)}`}>
      <div className="card-head">
        <h2>{visible(receipt.account)}</h2>
        <Badge tone={tone}>{words}</Badge>
      </div>
      <p className="quiet">
        {visible(receipt.reason)}, at {visible(hostOf(receipt.issuer))},{' '}
        <Time at={receipt.startedAt} />
      </p>
      <ol className="steps">
        {receipt.steps.map((step) => (
          <Step key={`${step.at} ${step.step}`} step={step} />
        ))}
      </ol>
      {receipt.remains && (
        <Note tone="warn">
          <Prose text={receipt.remains} />
        </Note>
      )}
      <Signature of={receipt} />
    </li>
  )
}

function Step({ step }: { step: ReceiptStep }) {
  const [tone, words] = outcomes[step.outcome]
  return (
    <li data-tone={tone}>
      <Icon name={tone} />
      <div>
        <p>
          {steps[step.step]}: <strong>{words}</strong>
        </p>
        <p className="quiet">
          <Prose text={step.detail} />
          {step.status !== null && ` (HTTP ${step.status})`}
        </p>
        {step.endpoint && <code className="endpoint">{visible(step.endpoint)}</code>}
      </div>
      <Time at={step.at} />
    </li>
  )
}
