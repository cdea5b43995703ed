import path from 'node:path'
import { app, dialog } from 'electron'
import { visible } from '../visible.ts'
import type { Ask } from './presence.ts'

/** The answer that needs no reading, Enter or Escape, is no. */
export const ask: Ask = async (title, lines, yes) => {
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

/** @returns an absolute path, or null where the person says no */
export async function askPlace(name: string): Promise<string | null> {
  const { canceled, filePath } = await dialog.showSaveDialog({
    title: 'Warder',
    defaultPath: path.join(app.getPath('documents'), name),
    properties: ['createDirectory', 'showOverwriteConfirmation', 'dontAddToRecent'],
  })
  return canceled || filePath === '' ? null : filePath
}
