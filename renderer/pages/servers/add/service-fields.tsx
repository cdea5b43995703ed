import { Choice } from '../../../parts/choice.tsx'
import { Field } from '../../../parts/field.tsx'
import type { Draft } from './draft.ts'

interface ServiceFieldsProps {
  draft: Draft
  onChange: (part: Partial<Draft>) => void
}

/** What Warder proves itself with where it signs in as itself (RFC 6749 §4.4). */
export function ServiceFields({ draft, onChange }: ServiceFieldsProps) {
  return (
    <>
      <div className="field">
        <span className="field-label">It proves itself with</span>
        <Choice
          label="It proves itself with"
          value={draft.proof}
          options={[
            { value: 'secret', words: 'A client secret' },
            { value: 'key', words: 'A private key' },
          ]}
          onChange={(proof) => onChange({ proof })}
        />
      </div>
      <Field
        label="Client ID"
        mono
        value={draft.clientId}
        help="As its administrator gave it to you. It is what calls are made as."
        onChange={(clientId) => onChange({ clientId })}
      />
      {draft.proof === 'secret' ? (
        <Field
          label="Client secret"
          type="password"
          value={draft.clientSecret}
          help="Kept in the vault, and shown to nobody again."
          onChange={(clientSecret) => onChange({ clientSecret })}
        />
      ) : (
        <Field
          label="Private key"
          mono
          rows={4}
          value={draft.privateKey}
          placeholder="-----BEGIN PRIVATE KEY-----"
          help="PKCS#8 PEM, or a JWK. Kept in the vault; only signatures made with it leave."
          onChange={(privateKey) => onChange({ privateKey })}
        />
      )}
      <Field
        label="Issuer"
        type="url"
        mono
        value={draft.issuer}
        placeholder="https://id.example.com"
        help="The provider that knows this client. No other is shown the secret, whatever the server says."
        onChange={(issuer) => onChange({ issuer })}
      />
      <Field
        label="Scopes, if it has to ask for any"
        mono
        value={draft.scopes}
        placeholder="jobs:read jobs:write"
        help="With blanks between. Left out, those that the server names."
        onChange={(scopes) => onChange({ scopes })}
      />
    </>
  )
}
