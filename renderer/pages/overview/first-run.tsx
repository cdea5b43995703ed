import type { ClientView, ServerView, StatusView } from '../../../preload/contract/index.ts'
import { useListing } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { Icon } from '../../parts/icon.tsx'
import { useDoing } from '../../shell/doing.tsx'
import { placeOf, works } from '../../shell/vault-line.tsx'

interface FirstRunProps {
  status: StatusView
  servers: ServerView[]
  clients: ClientView[]
}

interface Step {
  title: string
  detail: string
  done: boolean
  /** The first is what most people want. */
  actions: { words: string; run: () => void }[]
}

/** Clients that are named one by one. */
const MOST_NAMED = 3

/** The way from nothing to a first call, in three steps. It goes away by itself when they are done. */
export function FirstRun({ status, servers, clients }: FirstRunProps) {
  const { begin } = useDoing()
  const installed = (useListing('wiring:list').data ?? []).filter(
    ({ installed, wired }) => installed && wired === null,
  )
  const steps: Step[] = [
    {
      title: 'A place for the keys',
      detail: works(status.vault)
        ? `They are kept in ${placeOf(status.vault)}.`
        : (status.vault.why ?? 'Unlock it, or choose another vault.'),
      done: works(status.vault),
      actions: [],
    },
    {
      title: 'A first server',
      detail:
        servers.length === 0
          ? 'What your agents should reach: an address, a command, or what another client has written down.'
          : `${servers.map(({ name }) => name).join(', ')} ${servers.length === 1 ? 'is' : 'are'} here.`,
      done: servers.length > 0,
      actions: [{ words: 'Add a server', run: () => begin({ what: 'add-server' }) }],
    },
    {
      title: 'A first client',
      detail:
        clients.length === 0
          ? `The program that asks for tools. It never gets a key of a server. ${
              installed.length === 0
                ? 'None that Warder knows was found on this computer: add yours by name.'
                : 'Warder can write itself into the settings of those on this computer; you see the change first.'
            }`
          : `${clients.map(({ name }) => name).join(', ')} may ask.`,
      done: clients.length > 0,
      actions: [
        ...installed.slice(0, MOST_NAMED).map(({ client, title }) => ({
          words: `Wire ${title}`,
          run: () => begin({ what: 'wire', client, title, action: 'wire' }),
        })),
        {
          words: installed.length === 0 ? 'Add a client' : 'Another client',
          run: () => begin({ what: 'add-client' }),
        },
      ],
    },
  ]
  const next = steps.findIndex(({ done }) => !done)
  return (
    <section className="card first-run" aria-label="Getting started">
      <h2>Getting started</h2>
      <ol>
        {steps.map(({ title, detail, done, actions }, at) => (
          <li key={title} data-done={done} aria-current={at === next ? 'step' : undefined}>
            <span className="step-mark">{done ? <Icon name="check" /> : at + 1}</span>
            <div>
              <p className="step-title">
                {title}
                {done && <span className="unseen"> (done)</span>}
              </p>
              <p className="quiet small">{detail}</p>
            </div>
            {!done && actions.length > 0 && (
              <span className="row-actions">
                {actions.map(({ words, run }, place) => (
                  <Button
                    key={words}
                    kind={at === next && place === 0 ? 'primary' : 'plain'}
                    onClick={run}
                  >
                    {words}
                  </Button>
                ))}
              </span>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}
