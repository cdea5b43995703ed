import { useState } from 'react'
import { Button } from '../../../parts/button.tsx'
import { Field } from '../../../parts/field.tsx'
import { visible } from '../../../parts/format.ts'
import type { Draft } from './draft.ts'
import { readPasted } from './pasted.ts'

/** Servers as any client has them written down; each is looked at before it is added. */
export function PasteForm({ onTake }: { onTake: (draft: Draft) => void }) {
  const [text, setText] = useState('')
  const { drafts, problem } = readPasted(text)
  return (
    <>
      <Field
        label="JSON of a client"
        mono
        first
        rows={8}
        value={text}
        placeholder={'{ "mcpServers": { "notes": { "command": "npx", "args": ["-y", "…"] } } }'}
        help="From Claude, Cursor, VS Code, Windsurf or any other. It stays on this page until you add a server."
        onChange={setText}
      />
      {text !== '' && problem !== null && <p className="message">{problem}</p>}
      {drafts.length > 0 && (
        <ul className="found-servers" aria-label="Servers in it">
          {drafts.map((draft, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike
            <li key={at}>
              <div>
                <strong>{draft.name === '' ? 'A server without a name' : draft.name}</strong>
                <code>
                  {visible(
                    draft.kind === 'remote'
                      ? draft.url
                      : [draft.program, ...draft.args.split('\n')].join(' '),
                  )}
                </code>
              </div>
              <Button onClick={() => onTake(draft)}>Take it</Button>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
