import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { ContractError, ServerToolsView } from '../../../preload/contract/index.ts'
import { useApi } from '../../api/context.ts'
import { useAct } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { number, visible } from '../../parts/format.ts'

/** What the tools of each server cost this client's context, and which of them it may call. */
export function ContextMeter({ client }: { client: string }) {
  const api = useApi()
  const tools = useQuery<ServerToolsView[], ContractError>({
    queryKey: ['servers', 'tools', client],
    queryFn: () => api.call('servers:tools', { client }),
  })
  if (tools.error) return <ErrorNote error={tools.error} />
  const servers = (tools.data ?? []).map(costOf)
  const heard = servers.filter(({ known }) => known)
  const unheard = servers.filter(({ known }) => !known)
  if (servers.length === 0) return null
  const total = heard.reduce((sum, { tokens }) => sum + tokens, 0)
  return (
    <section className="meter" aria-label={`Context of ${client}`}>
      <div className="meter-head">
        <h3>Context meter</h3>
        <span>about {number(total)} tokens</span>
      </div>
      {heard.length > 0 && <Parts parts={heard} total={total} />}
      <ul className="meter-rows">
        {heard.map(({ server, tokens, allowed, all }, at) => (
          <li key={server} data-series={at % 6}>
            <span>{visible(server)}</span>
            <span className="quiet">
              may call {allowed} of {all} {all === 1 ? 'tool' : 'tools'}
            </span>
            <span className="meter-number">{number(tokens)}</span>
          </li>
        ))}
      </ul>
      <p className="quiet small">
        What it is shown of tools it may call: name, description and schema, four characters counted
        as a token.
        {unheard.length > 0 &&
          ` Not counted, since nobody has listed their tools yet: ${unheard.map(({ server }) => server).join(', ')}.`}
      </p>
      {heard.length > 0 && (
        <details className="elsewhere">
          <summary>Take tools away from {client}</summary>
          <Trim client={client} servers={tools.data ?? []} />
        </details>
      )}
    </section>
  )
}

interface Cost {
  server: string
  known: boolean
  tokens: number
  allowed: number
  all: number
}

function costOf({ server, heardAt, tools }: ServerToolsView): Cost {
  const allowed = tools.filter((tool) => tool.allowed)
  return {
    server,
    known: heardAt !== null,
    tokens: allowed.reduce((sum, { tokens }) => sum + tokens, 0),
    allowed: allowed.length,
    all: tools.length,
  }
}

/** One bar, in parts; the rows below say the same in numbers. */
function Parts({ parts, total }: { parts: Cost[]; total: number }) {
  let from = 0
  return (
    <svg className="meter-bar" viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">
      <rect className="meter-ground" width="1000" height="8" />
      {parts.map(({ server, tokens }, at) => {
        const width = total === 0 ? 0 : (tokens / total) * 1000
        const x = from
        from += width
        return (
          <rect key={server} data-series={at % 6} x={x} width={Math.max(0, width - 3)} height="8" />
        )
      })}
    </svg>
  )
}

/** Each tool with what it costs, taken away with one press. Giving back widens, so a person is asked. */
function Trim({ client, servers }: { client: string; servers: ServerToolsView[] }) {
  const queries = useQueryClient()
  const trim = useAct('clients:trim')
  const tools = servers
    .flatMap(({ server, tools: offered }) => offered.map((tool) => ({ ...tool, server })))
    .toSorted((a, b) => b.tokens - a.tokens)
  return (
    <>
      <ErrorNote error={trim.error} />
      <ul className="trim" aria-label={`Tools of ${client}, the dearest first`}>
        {tools.map(({ server, name, tokens, allowed }) => (
          <li key={`${server} ${name}`} data-allowed={allowed}>
            <span>
              <code>{visible(name)}</code> <span className="quiet">of {visible(server)}</span>
            </span>
            <span className="quiet meter-number">{number(tokens)}</span>
            <Button
              busy={trim.isPending}
              label={`${allowed ? 'Take away' : 'Give back'} ${visible(name)} of ${server} ${allowed ? 'from' : 'to'} ${client}`}
              onClick={() =>
                trim.mutate(
                  { client, server, tool: name, hide: allowed },
                  { onSettled: () => void queries.invalidateQueries({ queryKey: ['servers'] }) },
                )
              }
            >
              {allowed ? 'Take away' : 'Give back'}
            </Button>
          </li>
        ))}
      </ul>
    </>
  )
}
