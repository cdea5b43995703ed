import { Field } from '../../../parts/field.tsx'
import type { Draft } from './draft.ts'

interface ClientFieldsProps {
  draft: Draft
  onChange: (part: Partial<Draft>) => void
}

/** The client that a person registered by hand at the provider. */
export function ClientFields({ draft, onChange }: ClientFieldsProps) {
  return (
    <div className="field-pair">
      <Field
        label="Client ID"
        mono
        value={draft.clientId}
        onChange={(clientId) => onChange({ clientId })}
      />
      <Field
        label="Client secret, if it gave you one"
        type="password"
        value={draft.clientSecret}
        onChange={(clientSecret) => onChange({ clientSecret })}
      />
    </div>
  )
}
