import { useListing } from '../api/queries.ts'
import { Answer } from '../parts/answer.tsx'
import { Button } from '../parts/button.tsx'
import { Empty } from '../parts/empty.tsx'
import { Icon } from '../parts/icon.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { useDoing } from '../shell/doing.tsx'
import { ClientCard } from './clients/client-card.tsx'
import { Wirings } from './clients/wirings.tsx'

export function Clients() {
  const clients = useListing('clients:list')
  const { begin } = useDoing()
  return (
    <>
      <PageHead
        title="Clients"
        about="The programs that may ask Warder for tools. They never see a key of a server."
      >
        <Button kind="primary" onClick={() => begin({ what: 'add-client' })}>
          <Icon name="plus" />
          Add a client
        </Button>
      </PageHead>
      <Answer
        query={clients}
        empty={
          <Empty icon="clients" title="No clients yet">
            Wire one that is installed on this computer, below, or add one by its name.
          </Empty>
        }
      >
        {(list) => (
          <ul className="cards">
            {list.map((client) => (
              <ClientCard key={client.name} client={client} />
            ))}
          </ul>
        )}
      </Answer>
      <Wirings />
    </>
  )
}
