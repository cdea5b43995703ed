import type { FindingView, Output } from '../../preload/contract/index.ts'
import { useAct, useListing } from '../api/queries.ts'
import { Answer } from '../parts/answer.tsx'
import { Badge, type Tone } from '../parts/badge.tsx'
import { Button } from '../parts/button.tsx'
import { Empty } from '../parts/empty.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { visible } from '../parts/format.ts'
import { Note } from '../parts/note.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Prose } from '../parts/prose.tsx'

/** What is wrong with the clients and servers of this machine, and the one mend that Warder makes itself. */
export function Doctor() {
  const findings = useListing('doctor:look')
  const adopt = useAct('adoptions:adopt')
  const undo = useAct('adoptions:undo')
  const again = () => void findings.refetch()
  const busy = adopt.isPending || undo.isPending
  return (
    <>
      <PageHead
        title="Doctor"
        about="Every MCP client of this machine, its servers and what they keep. Looking changes nothing, and no value is shown."
      />
      <Answer
        query={findings}
        empty={
          <Empty
            icon="doctor"
            title="Nothing is wrong"
            action={{ words: 'Look again', run: again }}
          >
            No client has a credential in clear text, and every server can start.
          </Empty>
        }
      >
        {(list) => (
          <>
            <div className="card-actions">
              <Button onClick={again}>Look again</Button>
              {list.some(isMendable) && (
                <Button
                  kind="primary"
                  busy={busy}
                  onClick={() => adopt.mutate({ dryRun: false }, { onSettled: again })}
                >
                  Mend what Warder can
                </Button>
              )}
            </div>
            <ul className="cards">
              {list.map((finding, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: two findings may be alike in everything
                <Finding key={index} finding={finding} />
              ))}
            </ul>
          </>
        )}
      </Answer>
      <ErrorNote error={adopt.error ?? undo.error} />
      {adopt.data && undo.data === undefined && (
        <Moved
          adopted={adopt.data}
          busy={busy}
          onUndo={() => undo.mutate({}, { onSettled: again })}
        />
      )}
      {undo.data && <Note tone="good">The clients’ files are as they were.</Note>}
    </>
  )
}

/** What is wrong, and what Warder mends itself where a person agrees. */
const isMendable = ({ code }: FindingView) =>
  code.startsWith('doctor.secret_in') ||
  code === 'doctor.vault_value' ||
  code.endsWith('_by_others')

const tones: Record<FindingView['severity'], Tone> = { high: 'bad', medium: 'warn', low: 'info' }
const words: Record<FindingView['severity'], string> = {
  high: 'Serious',
  medium: 'Mend it',
  low: 'Worth a look',
}

function Finding({ finding }: { finding: FindingView }) {
  const { severity, client, server, where, file, message, mend, code } = finding
  const place = [client, server, where].filter((part) => part !== null).map(visible)
  return (
    <li className="card" aria-label={`${code} ${place.join(', ')}`}>
      <div className="card-head">
        <h2>{place.join(', ')}</h2>
        <Badge tone={tones[severity]}>{words[severity]}</Badge>
      </div>
      <p>
        <Prose text={message} />
      </p>
      {file !== null && (
        <p className="quiet">
          <code>{visible(file)}</code>
        </p>
      )}
      <p className="quiet">
        <Prose text={mend} />
      </p>
    </li>
  )
}

function heading({ done, servers }: Output<'adoptions:adopt'>): string {
  if (!done) return 'Nothing was moved'
  return servers.length === 0 ? 'Taken from others' : 'Moved into Warder'
}

function Moved(props: { adopted: Output<'adoptions:adopt'>; busy: boolean; onUndo: () => void }) {
  const { servers, left, rights, envFiles, done } = props.adopted
  return (
    <section className="card" aria-label="What was done">
      <div className="card-head">
        <h2>{heading(props.adopted)}</h2>
        {done && (
          <Button busy={props.busy} onClick={props.onUndo}>
            Put everything back
          </Button>
        )}
      </div>
      <ul>
        {servers.map(({ name, from }) => (
          <li key={name}>
            {visible(name)}, from {from.map(({ client }) => client).join(', ')}
          </li>
        ))}
        {rights.map(({ file, now }) => (
          <li key={file}>
            <code>{visible(file)}</code> is yours alone: {now}
          </li>
        ))}
        {envFiles.map((file) => (
          <li key={file}>
            <code>{visible(file)}</code> goes on holding its credentials: delete it if nothing else
            reads it
          </li>
        ))}
        {left.map(({ client, file, name, problem }) => (
          <li key={`${file} ${name}`}>
            {visible(name)} of {client} stays: {visible(problem)}
          </li>
        ))}
      </ul>
      {done && servers.length > 0 && (
        <p>
          Start the clients anew. The credentials lay in clear text: make new ones where they were
          issued.
        </p>
      )}
    </section>
  )
}
