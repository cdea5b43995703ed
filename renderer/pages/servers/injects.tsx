import type { ServerView } from '../../../preload/contract/index.ts'
import { sourceInWords } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'

/** What Warder puts in on the way, by name and origin: never the value, which no view has. */
export function Injects({ server }: { server: ServerView }) {
  const injects = server.injects.map(({ name, from }) => ({ name, from: sourceInWords(from) }))
  if (server.auth === 'oauth')
    injects.unshift({ name: 'Authorization', from: 'the signed-in account' })
  if (server.auth === 'service')
    injects.unshift({ name: 'Authorization', from: 'Warder’s own account, as a service' })
  if (injects.length === 0) return <p className="quiet injects-none">Nothing is injected.</p>
  return (
    <ul className="injects" aria-label={`What is injected into ${server.name}`}>
      {injects.map(({ name, from }) => (
        <li key={name}>
          <Icon name="key" />
          <code>{name}</code>
          <span className="quiet">from {from}</span>
        </li>
      ))}
    </ul>
  )
}
