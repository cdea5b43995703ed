import { useListing } from '../api/queries.ts'
import { Answer } from '../parts/answer.tsx'
import { Empty } from '../parts/empty.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { goTo } from '../shell/route.ts'
import { AccountCard } from './accounts/account-card.tsx'

export function Accounts() {
  const accounts = useListing('accounts:list')
  return (
    <>
      <PageHead
        title="Accounts"
        about="Who you are at each provider, what that allows, and how long it lasts."
      />
      <Answer
        query={accounts}
        empty={
          <Empty
            icon="accounts"
            title="Nobody is signed in"
            action={{ words: 'Go to the servers', run: () => goTo('servers') }}
          >
            Connect a server that people sign in to, and its account shows here.
          </Empty>
        }
      >
        {(list) => (
          <ul className="cards">
            {list.map((account) => (
              <AccountCard key={account.account} account={account} />
            ))}
          </ul>
        )}
      </Answer>
    </>
  )
}
