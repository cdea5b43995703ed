import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { ContractError, PresetView } from '../../../../preload/contract/index.ts'
import { useApi } from '../../../api/context.ts'
import { useListing } from '../../../api/queries.ts'
import { Answer } from '../../../parts/answer.tsx'
import { Choice } from '../../../parts/choice.tsx'
import { Field } from '../../../parts/field.tsx'
import { Note } from '../../../parts/note.tsx'
import { signsIn } from '../server-card.tsx'
import { ClientFields } from './client-fields.tsx'
import { type Draft, nameFrom, nameOfCommand } from './draft.ts'
import { Values } from './values.tsx'

export interface FormProps {
  draft: Draft
  onChange: (part: Partial<Draft>) => void
}

/** A program on this computer. You are shown exactly this before anything runs. */
export function LocalForm({ draft, onChange }: FormProps) {
  const tokensOf = useTokens()
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
        tokensOf={tokensOf}
        onChange={(env) => onChange({ env })}
      />
      <OtherWays draft={draft} tokensOf={tokensOf} onChange={onChange} />
      <Note tone="info">
        It runs with your rights. Before it does, Warder shows you what the command comes to, whole,
        and asks.
      </Note>
    </>
  )
}

/** For servers that read no variable: a file is the next best, and an argument the last. */
function OtherWays({
  draft,
  tokensOf,
  onChange,
}: FormProps & { tokensOf: readonly string[] }): ReactNode {
  return (
    <details className="elsewhere">
      <summary>Does it read its credential from a file or an argument?</summary>
      <p className="quiet small">
        A variable fits most servers, and only the server sees it. Where it reads none, a file is
        next: the variable of its name, and <code>{'{file:NAME}'}</code> among the arguments, become
        its path. Only the server’s user can read it, and it goes when the server ends.
      </p>
      <Values
        legend="Files that hold a credential"
        what="File"
        only="files"
        values={draft.files}
        tokensOf={tokensOf}
        onChange={(files) => onChange({ files })}
      />
      <p className="quiet small">
        An argument is the last resort: write <code>{'{argument:NAME}'}</code> where it belongs.
      </p>
      <Values
        legend="Credentials among the arguments"
        what="Argument"
        only="credentials"
        values={draft.argumentSecrets}
        tokensOf={tokensOf}
        onChange={(argumentSecrets) => onChange({ argumentSecrets })}
      />
      {draft.argumentSecrets.length > 0 && (
        <Note tone="warn" title="Others can see it">
          Every user and program of this computer can read the arguments of a program while it runs.
          Take a variable or a file if the server knows one.
        </Note>
      )}
    </details>
  )
}

/** Servers whose accounts have a live token that another server may be given. */
export function useTokens(): string[] {
  const servers = useListing('servers:list').data ?? []
  return servers.filter(signsIn).map(({ name }) => name)
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
