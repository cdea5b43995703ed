import { Notification } from 'electron'
import type { Notifier } from '../ports.ts'
import { visible } from '../visible.ts'
import type { TrayAction } from './tray-menu.ts'

/**
 * Where the system has no buttons for notifications (most of Linux), a click is all there is; it opens the page.
 *
 * @param perform carries out what a person chose
 */
export function createNotifier(perform: (action: TrayAction) => void): Notifier {
  // Electron drops the listeners of a notification that nothing refers to any more.
  const shown = new Set<Notification>()
  return {
    notify({ title, body, offer }) {
      if (!Notification.isSupported()) return
      const notification = new Notification({
        title: visible(title),
        body: visible(body),
        ...(offer && { actions: [{ type: 'button', text: labelOf(offer) }] }),
      })
      shown.add(notification)
      const forget = () => shown.delete(notification)
      const chosen = (action: TrayAction) => () => {
        forget()
        perform(action)
      }
      notification.on('close', forget)
      notification.on('failed', forget)
      notification.on('click', chosen({ do: 'open', ...(offer && { page: pageOf(offer) }) }))
      if (offer) notification.on('action', chosen(actionOf(offer)))
      notification.show()
    },
  }
}

type Offer = NonNullable<Parameters<Notifier['notify']>[0]['offer']>

const labels: Record<Offer['to'], string> = {
  'sign-in': 'Sign in…',
  approve: 'Review…',
  update: 'Look…',
}

const labelOf = (offer: Offer) => labels[offer.to]

function pageOf(offer: Offer): string {
  if (offer.to === 'sign-in') return `servers/${offer.server}`
  return offer.to === 'approve' ? 'approvals' : 'settings'
}

const actionOf = (offer: Offer): TrayAction =>
  offer.to === 'sign-in'
    ? { do: 'connect', server: offer.server }
    : { do: 'open', page: pageOf(offer) }
