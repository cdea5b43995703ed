import { Notification } from 'electron'
import type { Notifier } from '../ports.ts'

/** @param open called when a person clicks a notification */
export function createNotifier(open: () => void): Notifier {
  // Electron drops the listeners of a notification that nothing refers to any more.
  const shown = new Set<Notification>()
  return {
    notify({ title, body }) {
      if (!Notification.isSupported()) return
      const notification = new Notification({ title, body })
      shown.add(notification)
      const forget = () => shown.delete(notification)
      notification.on('close', forget)
      notification.on('failed', forget)
      notification.on('click', () => {
        forget()
        open()
      })
      notification.show()
    },
  }
}
