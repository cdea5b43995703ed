import type { AccountView, Output, ReceiptView, StopRecord } from '../../preload/contract/index.ts'
import type { Control } from '../control/types.ts'
import { toWarderError } from '../errors.ts'
import type { Notifier } from '../ports.ts'
import type { Ask } from './presence.ts'
import type { TrayAction } from './tray-menu.ts'

export interface ActionParts {
  readonly control: Control
  readonly notifier: Notifier
  readonly ask: Ask
  /** @param page fragment of the page to show */
  readonly open: (page?: string) => void
  readonly quit: () => void
}

/** What a click in the tray does. Never rejects: where there is no window, failures are told by notification. */
export function createActions(parts: ActionParts): (action: TrayAction) => Promise<void> {
  return async (action) => {
    switch (action.do) {
      case 'connect':
        return tellFailure(parts.notifier, `${action.server} is not connected`, () =>
          connect(parts, action.server),
        )
      case 'revoke':
        return tellFailure(parts.notifier, `${action.server} is not revoked`, () =>
          revoke(parts, action.server),
        )
      case 'stop':
        return tellFailure(parts.notifier, 'Not everything is stopped', () => stop(parts))
      case 'end-stop':
        return call(parts, 'Nothing was resumed', 'stop:resume')
      case 'pause':
        return call(parts, 'Calls are not paused', 'hold:pause')
      case 'end-pause':
        return call(parts, 'Nothing was resumed', 'hold:resume')
      case 'lock':
        return call(parts, 'Warder is not locked', 'hold:lock')
      case 'unlock':
        return call(parts, 'Warder is still locked', 'hold:unlock')
      case 'autostart':
        return call(parts, 'Nothing was changed', 'autostart:set', { on: action.on })
      case 'lock-with-screen':
        return call(parts, 'Nothing was changed', 'hold:screen', { lock: action.on })
      case 'open':
        return parts.open(action.page)
      case 'quit':
        return parts.quit()
    }
  }
}

const call = ({ control, notifier }: ActionParts, failed: string, channel: string, input = {}) =>
  tellFailure(notifier, failed, async () => {
    await control.call(channel, input)
  })

/** Shows host, issuer and scopes in words before the browser gets the link. */
async function connect({ control, notifier, ask }: ActionParts, server: string) {
  const prepared = await control.call('accounts:connect', { server })
  const { flow, url, host, issuer, scopes } = prepared as Output<'accounts:connect'>
  const finished = control.call('accounts:connected', { flow })
  // The flow may end, by its deadline or in another window, while the question is still open.
  finished.catch(() => undefined)
  if (url !== null && !(await opened({ control, ask }, { server, flow, host, issuer, scopes })))
    return
  const account = (await finished) as AccountView
  notifier.notify({ title: 'Connected', body: `${server} is signed in as ${account.account}.` })
}

/** @returns false where the person did not want to */
async function opened(
  { control, ask }: Pick<ActionParts, 'control' | 'ask'>,
  flowOf: Pick<Output<'accounts:connect'>, 'flow' | 'host' | 'issuer' | 'scopes'> & {
    readonly server: string
  },
): Promise<boolean> {
  const { server, flow, host, issuer, scopes } = flowOf
  const agreed = await ask(
    `Sign in to ${server}`,
    [
      `Your browser opens ${host}.`,
      `Issuer: ${issuer}`,
      `Warder asks for: ${scopes.join(', ') || 'what the provider gives by default'}`,
    ],
    'Open browser',
  )
  const cancel = () => control.call('accounts:cancel', { flow })
  if (!agreed) {
    await cancel()
    return false
  }
  await control.call('accounts:open', { flow }).catch(async (error: unknown) => {
    // The sign-in still waits, but a notification is no place to take a link from.
    await cancel()
    throw error
  })
  return true
}

async function revoke({ control, notifier, ask }: ActionParts, server: string) {
  const accounts = (await control.call('accounts:list', {})) as AccountView[]
  const warnings = accounts
    .filter((account) => account.server === server)
    .flatMap(({ revokeWarning }) => revokeWarning ?? [])
  const lines = [
    'Calls stop at once. To use the server again you have to sign in again.',
    ...new Set(warnings),
  ]
  if (!(await ask(`Revoke every account of ${server}?`, lines, 'Revoke'))) return
  const receipts = (await control.call('accounts:revoke', { server })) as ReceiptView[]
  for (const receipt of receipts)
    notifier.notify({
      title: `${receipt.account}: ${states[receipt.state]}`,
      body: remains(receipt),
    })
}

async function stop({ control, notifier, ask }: ActionParts) {
  const lines = [
    'Every call is refused until you resume. Every account is revoked, every bearer is void.',
    'Secrets that you entered stay in the vault, unused: Warder cannot revoke them.',
  ]
  if (!(await ask('Revoke and stop everything?', lines, 'Revoke everything'))) return
  const { grants, failures } = (await control.call('stop:now', {})) as StopRecord
  const open = grants.filter(({ state }) => state !== 'proven').length
  notifier.notify({
    title: 'Everything is stopped',
    body: [
      open === 0 ? 'Every token was seen dead.' : `Not proven at the provider yet: ${open}.`,
      ...failures,
    ].join(' '),
  })
}

const states: Record<ReceiptView['state'], string> = {
  proven: 'revoked and proven',
  revoked: 'revoked at the provider',
  pending: 'revoked here, still pending at the provider',
  'local-only': 'revoked here only',
}

const remains = (receipt: ReceiptView) => receipt.remains ?? 'Nothing of it lives on.'

async function tellFailure(notifier: Notifier, title: string, work: () => Promise<void>) {
  try {
    await work()
  } catch (error) {
    notifier.notify({ title, body: toWarderError(error).message })
  }
}
