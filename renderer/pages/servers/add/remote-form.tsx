import { useState } from 'react'
import { Choice } from '../../../parts/choice.tsx'
import { Field } from '../../../parts/field.tsx'
import { ClientFields } from './client-fields.tsx'
import { type Draft, nameOfUrl, networksOf, newValue } from './draft.ts'
import { type FormProps, useTokens } from './forms.tsx'
import { type Fit, Look } from './look.tsx'
import { ServiceFields } from './service-fields.tsx'
import { Values } from './values.tsx'

const ways: Record<Draft['auth'], [words: string, help: string]> = {
  oauth: [
    'Sign in',
    'You sign in at its provider in your browser, and calls are made in your name. Fits most servers of today.',
  ],
  service: [
    'As a service',
    'Warder signs in as itself, with a client ID and a secret or key that an administrator gave you. Fits what belongs to a team, and machines with nobody in front of them.',
  ],
  header: [
    'Key in a header',
    'A key or personal token that you got from its vendor. Fits servers that name nobody to sign in to.',
  ],
  public: ['Nothing', 'The server lets everybody in.'],
}

/** A server somewhere else, by its address. */
export function RemoteForm({ draft, onChange }: FormProps) {
  const tokensOf = useTokens()
  const [seen, setSeen] = useState<Fit & { url: string }>()
  const fit = seen?.url === draft.url.trim() ? seen : undefined
  const choose = (auth: Draft['auth']) =>
    onChange({
      auth,
      ...(auth === 'header' && draft.headers.length === 0
        ? { headers: [newValue('Authorization')] }
        : {}),
      ...(auth === 'service' && draft.issuer === '' && fit?.issuer ? { issuer: fit.issuer } : {}),
    })
  return (
    <>
      <Field
        label="Address"
        type="url"
        mono
        first
        value={draft.url}
        placeholder="https://mcp.example.com/mcp"
        help="The whole address of its MCP endpoint, as its vendor gives it."
        onChange={(url) =>
          onChange({
            url,
            ...(draft.name === nameOfUrl(draft.url) ? { name: nameOfUrl(url) } : {}),
          })
        }
      />
      <Look
        url={draft.url}
        allowedNetworks={networksOf(draft).allowedNetworks}
        onFits={(found, url) => {
          setSeen({ ...found, url })
          // Whoever has credentials of a service for it knows more than the server says.
          if (draft.auth !== 'service' || found.auth !== 'oauth') choose(found.auth)
        }}
      />
      <div className="field">
        <span className="field-label">How Warder gets in</span>
        <Choice
          label="How Warder gets in"
          value={draft.auth}
          options={(['oauth', 'service', 'header', 'public'] as const).map((value) => ({
            value,
            words: ways[value][0],
          }))}
          onChange={choose}
        />
        <p className="quiet small">
          {ways[draft.auth][1]}
          {fit && ` ${fitInWords(fit, draft.auth)}`}
        </p>
      </div>
      {draft.auth === 'header' && (
        <Values
          legend="Headers that Warder puts in"
          what="Header"
          values={draft.headers}
          tokensOf={tokensOf}
          onChange={(headers) => onChange({ headers })}
        />
      )}
      {draft.auth === 'service' && <ServiceFields draft={draft} onChange={onChange} />}
      <details className="elsewhere">
        <summary>Is it in a private network?</summary>
        <Field
          label="Networks that it may be reached in"
          mono
          rows={2}
          value={draft.networks}
          placeholder="10.0.0.0/8"
          help="One a line. Without them Warder goes to the internet only, wherever a name leads."
          onChange={(networks) => onChange({ networks })}
        />
      </details>
      {draft.auth === 'oauth' && (
        <details className="elsewhere">
          <summary>Did you register an app there by hand?</summary>
          <ClientFields draft={draft} onChange={onChange} />
        </details>
      )}
    </>
  )
}

/** Whether what was chosen fits what was seen, and why. */
function fitInWords({ auth, why, services }: Fit, chosen: Draft['auth']): string {
  if (chosen === auth) return `It fits: ${why}.`
  if (chosen === 'service' && auth === 'oauth')
    return services
      ? 'It may fit: its provider lets programs in as themselves.'
      : 'Its provider does not say that it lets programs in as themselves.'
  return `“${ways[auth][0]}” fits better: ${why}.`
}
