import path from 'node:path'
import { app, dialog } from 'electron'
import { visible } from '../visible.ts'
import type { Ask } from './presence.ts'
import type { VaultParts } from './vault-choice.ts'

export const ask: Ask = async (title, lines, yes) =>
  (await choose(title, lines, ['Cancel', yes])) === 1

/** @returns the index of the answer; the one that needs no reading, Enter or Escape, is the first */
export const choose: VaultParts['choose'] = async (title, lines, answers) => {
  const { response } = await dialog.showMessageBox({
    type: 'warning',
    title: 'Warder',
    message: visible(title),
    detail: lines.map(visible).join('\n'),
    buttons: [...answers],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  })
  return response
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
