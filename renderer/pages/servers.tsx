import { useListing } from '../api/queries.ts'
import { Answer } from '../parts/answer.tsx'
import { Empty } from '../parts/empty.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Found } from './servers/found.tsx'
import { ServerCard } from './servers/server-card.tsx'

export function Servers() {
  const servers = useListing('servers:list')
  const accounts = useListing('accounts:list')
  return (
    <>
      <PageHead
        title="Servers"
        about="What your agents can reach, and which key Warder puts in on the way."
      />
      <Answer
        query={servers}
        empty={
          <Empty icon="servers" title="No servers yet">
            Add one in a terminal: <code>warder server add NAME --url URL</code>
          </Empty>
        }
      >
        {(list) => (
          <ul className="cards">
            {list.map((server) => (
              <ServerCard
                key={server.name}
                server={server}
                accounts={(accounts.data ?? []).filter((each) => each.server === server.name)}
              />
            ))}
          </ul>
        )}
      </Answer>
      <Found />
    </>
  )
}
