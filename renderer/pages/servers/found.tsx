import { useState } from 'react'
import type { ImportView } from '../../../preload/contract/index.ts'
import { useListing } from '../../api/queries.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { visible } from '../../parts/format.ts'
import { Time } from '../../parts/time.tsx'
import { type Deed, FoundDialog } from './found-dialog.tsx'

/** What other programs keep in plain files, and what can be done about it. */
export function Found() {
  const list = useListing('imports:list').data ?? []
  // Kept here: the token leaves the list while its outcome is still on the screen.
  const [doing, setDoing] = useState<{ deed: Deed; found: ImportView }>()
  return (
    <>
      {list.length > 0 && (
        <section className="card" aria-label="Found on this machine">
          <div className="card-head">
            <h2>
              Found on this machine: {list.length === 1 ? '1 token' : `${list.length} tokens`} in
              plain files
            </h2>
          </div>
          <ul className="accounts">
            {list.map((found) => (
              <Row key={found.id} found={found} onDo={(deed) => setDoing({ deed, found })} />
            ))}
          </ul>
        </section>
      )}
      {doing && <FoundDialog {...doing} onClose={() => setDoing(undefined)} />}
    </>
  )
}

function Row({ found, onDo }: { found: ImportView; onDo: (deed: Deed) => void }) {
  const { id, program, file, issuer, scopes, live, adoptedAs, readableByOthers } = found
  const where = found.server ?? found.serverUrl ?? found.serverName ?? 'a server it does not name'
  const usable = live && adoptedAs === null
  return (
    <li aria-label={`${program} ${id}`}>
      <div className="account-name">
        <strong>
          {program}, of {visible(where)}
        </strong>
        <span className="quiet">
          <code>{visible(file)}</code>, <Time at={found.writtenAt} />
        </span>
        <span className="quiet">
          {found.renewable ? 'Refresh token' : 'Access token'} from{' '}
          {visible(issuer ?? 'a provider it does not name')}
          {scopes.length > 0 && `, for ${visible(scopes.join(', '))}`}
        </span>
      </div>
      {readableByOthers && <Badge tone="bad">Readable by others</Badge>}
      {adoptedAs !== null && <Badge tone="good">{`Adopted as ${adoptedAs}`}</Badge>}
      {!live && <Badge tone="info">Over</Badge>}
      {usable && found.server !== null && <Button onClick={() => onDo('adopt')}>Adopt</Button>}
      {usable && (
        <Button kind="danger" onClick={() => onDo('revoke')}>
          Revoke
        </Button>
      )}
      <Button kind="danger" onClick={() => onDo('shred')}>
        Shred
      </Button>
    </li>
  )
}
