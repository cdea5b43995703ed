import { dialog } from 'electron'
import type { Presence } from '../ports.ts'
import { visible } from './visible.ts'

/**
 * Asks in a dialog of ours. One question at a time: a stack of dialogs gets clicked away unread. The answer that needs
 * no reading, Enter or Escape, is no.
 */
export function createPresence(): Presence {
  let previous: Promise<unknown> = Promise.resolve()
  return {
    confirm(action) {
      const answer = previous.then(() => ask(action.title, action.lines, 'Allow'))
      previous = answer.catch(() => undefined)
      return answer
    },
  }
}

/** @param yes the label of the button that agrees */
export async function ask(title: string, lines: readonly string[], yes: string): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    title: 'Warder',
    message: visible(title),
    detail: lines.map(visible).join('\n'),
    buttons: ['Cancel', yes],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  })
  return response === 1
}
