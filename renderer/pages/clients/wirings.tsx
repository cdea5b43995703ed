import type { WiringView } from '../../../preload/contract/index.ts'
import { useListing } from '../../api/queries.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { visible } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Prose } from '../../parts/prose.tsx'
import { useDoing } from '../../shell/doing.tsx'

const states: Record<NonNullable<WiringView['wired']>, [Tone, string]> = {
  wired: ['good', 'Wired'],
  changed: ['warn', 'Changed since'],
  removed: ['warn', 'Taken out since'],
  unreadable: ['bad', 'Cannot be read'],
}

/** The clients that are installed here: whether each starts Warder, and the change of its file that makes it so. */
export function Wirings() {
  const wirings = useListing('wiring:list')
  const here = (wirings.data ?? []).filter(({ installed, wired }) => installed || wired !== null)
  if (wirings.error) return <ErrorNote error={wirings.error} />
  if (here.length === 0) return null
  return (
    <section className="card" aria-label="Installed on this computer">
      <h2>Installed on this computer</h2>
      <p className="quiet small">
        To wire one is to write one entry into its own file. You see the change first, a copy is
        kept, and unwiring puts the file back.
      </p>
      <ul className="rows">
        {here.map((wiring) => (
          <Row key={wiring.client} wiring={wiring} />
        ))}
      </ul>
    </section>
  )
}

function Row({ wiring }: { wiring: WiringView }) {
  const { begin } = useDoing()
  const { client, title, file, wired, problem } = wiring
  const [tone, words] = wired === null ? (['info', 'Not wired'] as const) : states[wired]
  const act = (action: 'wire' | 'unwire') => () => begin({ what: 'wire', client, title, action })
  return (
    <li aria-label={title}>
      <span className="tile" data-tone={tone}>
        <Icon name="clients" />
      </span>
      <div className="row-text">
        <p className="row-name">{title}</p>
        <p className="quiet small">
          <code>{visible(file)}</code>
        </p>
        {problem && (
          <p className="message">
            <Prose text={problem} />
          </p>
        )}
      </div>
      <Badge tone={tone}>{words}</Badge>
      <span className="row-actions">
        {wired !== 'wired' && (
          <Button label={`Wire ${title}`} onClick={act('wire')}>
            {wired === null ? 'Wire' : 'Wire anew'}
          </Button>
        )}
        {wired !== null && (
          <Button label={`Unwire ${title}`} onClick={act('unwire')}>
            Unwire
          </Button>
        )}
      </span>
    </li>
  )
}
