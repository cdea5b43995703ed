import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { ContractError, PresetView } from '../../../../preload/contract/index.ts'
import { useApi } from '../../../api/context.ts'
import { Answer } from '../../../parts/answer.tsx'
import { Choice } from '../../../parts/choice.tsx'
import { Field } from '../../../parts/field.tsx'
import { Note } from '../../../parts/note.tsx'
import { type Draft, nameFrom, nameOfCommand, nameOfUrl, networksOf, newValue } from './draft.ts'
import { Look } from './look.tsx'
import { Values } from './values.tsx'

interface FormProps {
  draft: Draft
  onChange: (part: Partial<Draft>) => void
}

const ways: Record<Draft['auth'], [words: string, help: string]> = {
  oauth: ['Sign in', 'You sign in at its provider in your browser. Fits most servers of today.'],
  header: ['Key in a header', 'A key or personal token that you got from its vendor.'],
  public: ['Nothing', 'The server lets everybody in.'],
}

/** A server somewhere else, by its address. */
export function RemoteForm({ draft, onChange }: FormProps) {
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
        onFits={(auth) =>
          onChange({
            auth,
            ...(auth === 'header' && draft.headers.length === 0
              ? { headers: [newValue('Authorization')] }
              : {}),
          })
        }
      />
      <div className="field">
        <span className="field-label">How Warder gets in</span>
        <Choice
          label="How Warder gets in"
          value={draft.auth}
          options={(['oauth', 'header', 'public'] as const).map((value) => ({
            value,
            words: ways[value][0],
          }))}
          onChange={(auth) =>
            onChange({
              auth,
              ...(auth === 'header' && draft.headers.length === 0
                ? { headers: [newValue('Authorization')] }
                : {}),
            })
          }
        />
        <p className="quiet small">{ways[draft.auth][1]}</p>
      </div>
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
      {draft.auth === 'header' && (
        <Values
          legend="Headers that Warder puts in"
          what="Header"
          values={draft.headers}
          onChange={(headers) => onChange({ headers })}
        />
      )}
      {draft.auth === 'oauth' && (
        <details className="elsewhere">
          <summary>Did you register an app there by hand?</summary>
          <ClientFields draft={draft} onChange={onChange} />
        </details>
      )}
    </>
  )
}

function ClientFields({ draft, onChange }: FormProps) {
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

/** A program on this computer. You are shown exactly this before anything runs. */
export function LocalForm({ draft, onChange }: FormProps) {
  const change = (part: Partial<Pick<Draft, 'program' | 'args'>>) => {
    const next = { ...draft, ...part }
    const follows = draft.name === nameOfCommand(draft.program, draft.args)
    onChange({ ...part, ...(follows ? { name: nameOfCommand(next.program, next.args) } : {}) })
  }
  return (
    <>
      <Field
        label="Program"
        mono
        first
        value={draft.program}
        placeholder="npx"
        help="A name that is found in PATH, or a whole path. No shell reads it."
        onChange={(program) => change({ program })}
      />
      <Field
        label="Arguments"
        mono
        rows={4}
        value={draft.args}
        placeholder={'-y\n@modelcontextprotocol/server-filesystem\n/home/you/notes'}
        help="One a line, as they are: spaces and quotes need no escaping."
        onChange={(args) => change({ args })}
      />
      <Values
        legend="Variables that it gets"
        what="Variable"
        values={draft.env}
        onChange={(env) => onChange({ env })}
      />
      <Note tone="info">
        It runs with your rights. Before it does, Warder shows you what the command comes to, whole,
        and asks.
      </Note>
    </>
  )
}

/** A provider that Warder knows something about. */
export function PresetForm({ draft, onChange }: FormProps) {
  const api = useApi()
  const presets = useQuery<PresetView[], ContractError>({
    queryKey: ['presets'],
    queryFn: () => api.call('presets:list', {}),
  })
  const chosen = presets.data?.find(({ name }) => name === draft.preset)
  return (
    <Answer query={presets} empty={null}>
      {(list) => (
        <>
          <Choice
            label="Provider"
            value={draft.preset}
            options={list.map(({ name, title }) => ({ value: name, words: title }))}
            onChange={(preset) =>
              onChange({
                preset,
                tenant: '',
                url: '',
                ...(draft.name === nameFrom(draft.preset) ? { name: nameFrom(preset) } : {}),
              })
            }
          />
          {chosen && <Chosen preset={chosen} draft={draft} onChange={onChange} />}
        </>
      )}
    </Answer>
  )
}

function Chosen({ preset, draft, onChange }: FormProps & { preset: PresetView }): ReactNode {
  const { url, tenant, registration, notes } = preset
  return (
    <>
      {notes.map((note) => (
        <p className="quiet small" key={note}>
          {note}
        </p>
      ))}
      {tenant !== null && (
        <Field
          label={`Name ${tenant.what}`}
          mono
          value={draft.tenant}
          placeholder={tenant.usual ?? tenant.example}
          onChange={(value) => onChange({ tenant: value })}
        />
      )}
      {url === null ? (
        <Field
          label="Address of your MCP server"
          type="url"
          mono
          value={draft.url}
          placeholder="https://mcp.example.com/mcp"
          onChange={(value) => onChange({ url: value })}
        />
      ) : (
        <p>
          Its MCP server is <code>{url}</code>.
        </p>
      )}
      {registration === 'by-hand' && (
        <>
          <p className="quiet small">
            This provider takes no app that registers itself: register one there, and give its
            client ID.
          </p>
          <ClientFields draft={draft} onChange={onChange} />
        </>
      )}
    </>
  )
}
