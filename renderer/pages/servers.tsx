import { useListing } from '../api/queries.ts'
import { Answer } from '../parts/answer.tsx'
import { Button } from '../parts/button.tsx'
import { Empty } from '../parts/empty.tsx'
import { Icon } from '../parts/icon.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { useDoing } from '../shell/doing.tsx'
import { goTo, useRoute } from '../shell/route.ts'
import { Found } from './servers/found.tsx'
import { ServerCard } from './servers/server-card.tsx'
import { ServerDetails } from './servers/server-details.tsx'

export function Servers() {
  const servers = useListing('servers:list')
  const accounts = useListing('accounts:list')
  const { about } = useRoute()
  const { begin } = useDoing()
  const shown = servers.data?.find(({ name }) => name === about)
  const add = () => begin({ what: 'add-server' })
  return (
    <>
      <PageHead
        title="Servers"
        about="What your agents can reach, and which key Warder puts in on the way."
      >
        <Button kind="primary" onClick={add}>
          <Icon name="plus" />
          Add a server
        </Button>
      </PageHead>
      <Answer
        query={servers}
        empty={
          <Empty
            icon="servers"
            title="No servers yet"
            action={{ words: 'Add the first', run: add }}
          >
            By its address, as a command, from a provider, or pasted out of another client. In a
            terminal: <code>warder server add NAME --url URL</code>
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
      {shown && <ServerDetails server={shown} onClose={() => goTo('servers')} />}
    </>
  )
}
