import type { StatusView } from '../../preload/contract/index.ts'
import { Icon, type IconName } from '../parts/icon.tsx'
import { Prose } from '../parts/prose.tsx'
import { hrefOf, type Page } from '../shell/route.ts'
import { works } from '../shell/vault-line.tsx'

interface Need {
  icon: IconName
  title: string
  detail: string
  page?: Page
}

/**
 * What waits for a person, or the good news that nothing does.
 *
 * @param quiet where nothing does, nothing is said: something else on the page is more to the point
 */
export function Needs({ status, quiet }: { status: StatusView; quiet: boolean }) {
  const needs = needsOf(status)
  // The banner above has said what needs somebody.
  if (needs.length === 0 && (quiet || status.stopped !== null)) return null
  if (needs.length === 0)
    return (
      <section className="all-well">
        <Icon name="good" />
        <div>
          <h2>Nothing needs you</h2>
          <p>Every server that signs in is signed in, and no change waits for a decision.</p>
        </div>
      </section>
    )
  return (
    <section className="card">
      <h2>Needs you</h2>
      <ul className="needs">
        {needs.map((need) => (
          <li key={`${need.title} ${need.detail}`}>
            <Icon name={need.icon} />
            <div>
              <strong>{need.title}</strong>
              <p>
                <Prose text={need.detail} />
              </p>
            </div>
            {need.page && (
              <a
                className="button"
                data-kind="plain"
                href={hrefOf(need.page)}
                aria-label={`Look at it: ${need.title}`}
              >
                Look at it
              </a>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

function needsOf(status: StatusView): Need[] {
  const needs: Need[] = []
  if (!works(status.vault))
    needs.push({
      icon: 'locked',
      title: status.vault.state === 'locked' ? 'The keychain is locked' : 'Keys cannot be kept yet',
      detail: status.vault.why ?? 'Unlock it, or choose another vault.',
    })
  if (status.config !== null)
    needs.push({
      icon: 'warn',
      title: 'The last edit of config.json was refused',
      detail: status.config,
    })
  for (const name of status.signInNeeded)
    needs.push({
      icon: 'warn',
      title: `${name} needs you to sign in`,
      detail: waitingFor(name, status) ?? 'Calls to it wait or fail until then.',
      page: 'servers',
    })
  for (const problem of status.choiceProblems)
    needs.push({
      icon: 'warn',
      title: 'A chosen account is not there',
      detail: problem,
      page: 'servers',
    })
  for (const problem of status.wiringProblems)
    needs.push({
      icon: 'warn',
      title: 'What was wired is not as it was',
      detail: problem,
      page: 'clients',
    })
  if (status.approvals > 0)
    needs.push({
      icon: 'held',
      title: `${status.approvals} ${status.approvals === 1 ? 'change waits' : 'changes wait'} for your decision`,
      detail: 'Nothing of it is in force until you approve.',
      page: 'approvals',
    })
  return needs
}

/** Which calls run as soon as somebody signs in; null where none waits. */
function waitingFor(name: string, { waiting }: StatusView): string | null {
  const [server] = name.split('/', 1)
  const calls = waiting.filter((one) => one.server === server)
  if (calls.length === 0) return null
  const counted = calls.map(
    ({ client, calls }) => `${calls} ${calls === 1 ? 'call' : 'calls'} of ${client}`,
  )
  const one = calls.length === 1 && calls[0]?.calls === 1
  return `${counted.join(', ')} ${one ? 'waits' : 'wait'} for this sign-in.`
}
