import { useQuery, useQueryClient } from '@tanstack/react-query'
import type {
  ContractError,
  RunningView,
  ServerToolsView,
  ServerView,
  TestView,
} from '../../../preload/contract/index.ts'
import { useApi } from '../../api/context.ts'
import { useAct } from '../../api/queries.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Drawer } from '../../parts/drawer.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { Facts } from '../../parts/facts.tsx'
import { duration, number, visible } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Lines } from '../../parts/lines.tsx'
import { ScrollBox } from '../../parts/scroll-box.tsx'
import { Time } from '../../parts/time.tsx'
import { Package } from './package.tsx'
import { serverStates, whereOf } from './server-card.tsx'

const ways: Record<ServerView['auth'], string> = {
  oauth: 'with the account that you sign in with',
  service: 'as itself: nobody signs in',
  header: 'with a header that it puts in',
  public: 'without anything',
  environment: 'as its parent process',
}

/** Everything about one server: whether it works, what it offers, what runs, what it writes. */
export function ServerDetails({ server, onClose }: { server: ServerView; onClose: () => void }) {
  const [tone, words] = serverStates[server.state]
  return (
    <Drawer
      label={`Details of ${server.name}`}
      title={server.name}
      of={server.name}
      from={() => document.querySelector<HTMLElement>(`[data-server="${CSS.escape(server.name)}"]`)}
      onClose={onClose}
    >
      <Badge tone={tone}>{words}</Badge>
      <Facts
        facts={{
          [server.kind === 'remote' ? 'Address' : 'Runs']: <code>{whereOf(server)}</code>,
          'Warder gets in': ways[server.auth],
          ...(server.injects.length === 0
            ? {}
            : { Puts: server.injects.map(({ name }) => visible(name)).join(', ') }),
        }}
      />
      <Tools server={server} />
      {server.package !== null && server.state !== 'held' && (
        <Package server={server.name} of={server.package} />
      )}
      {server.kind === 'local' && <Running name={server.name} />}
      {server.kind === 'local' && <Log name={server.name} />}
    </Drawer>
  )
}

function Tools({ server }: { server: ServerView }) {
  const api = useApi()
  const queries = useQueryClient()
  const test = useAct('servers:test')
  const known = useQuery<ServerToolsView[], ContractError>({
    queryKey: ['servers', 'tools', null],
    queryFn: () => api.call('servers:tools', {}),
  })
  const remembered = known.data?.find((one) => one.server === server.name)
  const tools = test.data?.described ?? remembered?.tools ?? []
  const total = tools.reduce((sum, { tokens }) => sum + tokens, 0)
  return (
    <section aria-label="Tools">
      <div className="section-head">
        <h3>Tools</h3>
        <Button
          busy={test.isPending}
          disabled={server.state === 'held'}
          onClick={() =>
            test.mutate(
              { name: server.name },
              { onSettled: () => void queries.invalidateQueries({ queryKey: ['servers'] }) },
            )
          }
        >
          {test.isPending ? 'Testing…' : 'Test it'}
        </Button>
      </div>
      <ErrorNote error={test.error} />
      {test.data && <Tested test={test.data} />}
      {tools.length === 0 ? (
        <p className="quiet small">
          {test.data
            ? 'It offers no tools.'
            : 'Nobody has asked it for its tools yet. A test does, and costs nothing.'}
        </p>
      ) : (
        <p className="quiet small">
          {tools.length === 1 ? '1 tool' : `${tools.length} tools`}, about {number(total)} tokens of
          a client’s context{' '}
          {!test.data && remembered?.heardAt && (
            <>
              , as heard <Time at={remembered.heardAt} />
            </>
          )}
        </p>
      )}
      <ul className="tool-list">
        {tools.map(({ name, description, tokens }) => (
          <li key={name}>
            <div className="tool-head">
              <code>{visible(name)}</code>
              <span className="quiet small">{number(tokens)} tokens</span>
            </div>
            {description && <p className="quiet small clipped">{visible(description)}</p>}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Tested({ test }: { test: TestView }) {
  return (
    <p className="tested" role="status">
      <Icon name="good" />
      <span>
        It works: {visible(test.server.name)} {visible(test.server.version)} answered in{' '}
        {duration(test.latencyMs)}, revision {test.protocolVersion}.
      </span>
    </p>
  )
}

function Running({ name }: { name: string }) {
  const api = useApi()
  const running = useQuery<RunningView[], ContractError>({
    queryKey: ['servers', 'running'],
    queryFn: () => api.call('servers:running', {}),
  })
  const own = (running.data ?? []).filter(({ server }) => server === name)
  return (
    <section aria-label="Running now">
      <h3>Running now</h3>
      <ErrorNote error={running.error} />
      {own.length === 0 ? (
        <p className="quiet small">No process of it runs. It starts with the next call.</p>
      ) : (
        <ul className="plain-list">
          {own.map(({ pid, accounts }) => (
            <li key={pid}>
              Process {pid}
              <span className="quiet">
                {accounts.length === 0
                  ? ', holds no token'
                  : `, holds tokens of ${accounts.map(visible).join(', ')}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Log({ name }: { name: string }) {
  const api = useApi()
  const log = useQuery({
    queryKey: ['logs', name],
    queryFn: () => api.call('servers:logs', { name, lines: 200 }),
    gcTime: 0,
  })
  return (
    <section aria-label="Log">
      <div className="section-head">
        <h3>Log</h3>
        <Button kind="quiet" label="Read the log again" onClick={() => void log.refetch()}>
          <Icon name="again" />
        </Button>
      </div>
      <ErrorNote error={log.error} />
      {log.data &&
        (log.data.lines.length === 0 ? (
          <p className="quiet small">It has written nothing.</p>
        ) : (
          <ScrollBox label={`What ${name} wrote`}>
            <Lines lines={log.data.lines} />
          </ScrollBox>
        ))}
    </section>
  )
}
