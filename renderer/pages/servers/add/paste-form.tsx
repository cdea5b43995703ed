import { useState } from 'react'
import type { ServerView } from '../../../../preload/contract/index.ts'
import { Button } from '../../../parts/button.tsx'
import { ErrorNote } from '../../../parts/error-note.tsx'
import { Field } from '../../../parts/field.tsx'
import { visible } from '../../../parts/format.ts'
import { Prose } from '../../../parts/prose.tsx'
import { nameFrom } from './draft.ts'
import { type ReadServer, useAddRead, useReadServers } from './pasted-servers.ts'

/** Servers as any client has them written down; each is looked at before it is added. */
export function PasteForm({ onAdded }: { onAdded: (server: ServerView) => void }) {
  const [text, setText] = useState('')
  const read = useReadServers(text)
  const write = (next: string) => {
    setText(next)
    // What was read is of another text.
    read.reset()
  }
  const added = (server: ServerView) => {
    write('')
    onAdded(server)
  }
  return (
    <>
      <Field
        label="Settings of a client"
        mono
        first
        rows={8}
        value={text}
        placeholder={'{ "mcpServers": { "notes": { "command": "npx", "args": ["-y", "…"] } } }'}
        help="From Claude, Cursor, VS Code, Codex, Goose or any other, or a server.json. Its credentials go into the vault when you add a server."
        onChange={write}
      />
      <div className="card-actions">
        <Button busy={read.isPending} disabled={text === ''} onClick={() => read.mutate(undefined)}>
          Read it
        </Button>
      </div>
      <ErrorNote error={read.error} />
      {read.data && (
        <ul className="found-servers" aria-label="Servers in it">
          {read.data.map((server, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike
            <li key={place}>
              <Found text={text} place={place} server={server} onAdded={added} />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

interface FoundProps {
  text: string
  place: number
  server: ReadServer
  onAdded: (server: ServerView) => void
}

function Found({ text, place, server, onAdded }: FoundProps) {
  const { definition, problem, secrets } = server
  const missing = secrets.filter(({ given }) => !given)
  const [name, setName] = useState(server.name)
  const [values, setValues] = useState<readonly string[]>(missing.map(() => ''))
  const add = useAddRead({ text, place, name, values: [...values] })
  if (definition === null)
    return (
      <div>
        <strong>{visible(server.name)}</strong>
        {problem !== null && (
          <p className="message">
            <Prose text={problem} />
          </p>
        )}
      </div>
    )
  const kept = secrets.filter(({ given }) => given).map(({ title }) => visible(title))
  return (
    <div>
      <code>{visible(inShort(definition))}</code>
      {kept.length > 0 && <p className="quiet small">Goes into the vault: {kept.join(', ')}</p>}
      <Field
        label={`Name of server ${place + 1}`}
        value={name}
        onChange={(typed) => setName(nameFrom(typed))}
      />
      {missing.map(({ title }, at) => (
        <Field
          // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike
          key={at}
          label={visible(title)}
          type="password"
          value={values[at] ?? ''}
          placeholder="kept in the vault"
          onChange={(value) => setValues(values.map((one, index) => (index === at ? value : one)))}
        />
      ))}
      <Button
        kind="primary"
        busy={add.isPending}
        disabled={name === '' || values.includes('')}
        onClick={() => add.mutate(undefined, { onSuccess: onAdded })}
      >
        Add this server
      </Button>
      <ErrorNote error={add.error} />
    </div>
  )
}

/** All of it is shown in the question that follows. */
function inShort({ url, command, args }: Record<string, unknown>): string {
  if (typeof url === 'string') return url
  return [command, ...(Array.isArray(args) ? args : [])].map(String).join(' ')
}
