import { ContractError } from '../../preload/contract/error.ts'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'
import { Prose } from './prose.tsx'

/** A refusal or failure: the companion's sentence, and its code for whoever wants to look it up. */
export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (error === null || error === undefined) return null
  const known = error instanceof ContractError ? error : undefined
  return (
    <div className="note" data-tone="bad" role="alert">
      <Icon name="bad" />
      <div>
        <p>
          <Prose text={known?.message ?? 'This page hit an error it did not expect.'} />
        </p>
        <p className="code">{known?.code ?? 'internal.unexpected'}</p>
        {onRetry && <Button onClick={onRetry}>Try again</Button>}
      </div>
    </div>
  )
}
