import { WarderError } from '../../errors.ts'
import { type ClientId, clientIds, type WiringClient } from '../types.ts'
import { claudeCode } from './claude-code.ts'
import { claudeDesktop } from './claude-desktop.ts'
import { codex } from './codex.ts'
import { cursor } from './cursor.ts'
import { gemini } from './gemini.ts'
import { goose } from './goose.ts'
import { vscode, vscodeInsiders } from './vscode.ts'
import { windsurf } from './windsurf.ts'
import { zed } from './zed.ts'

const byId: Readonly<Record<ClientId, WiringClient>> = {
  'claude-desktop': claudeDesktop,
  'claude-code': claudeCode,
  cursor,
  vscode,
  'vscode-insiders': vscodeInsiders,
  windsurf,
  zed,
  codex,
  gemini,
  goose,
}

export const wiringClients: readonly WiringClient[] = clientIds.map((id) => byId[id])

/** @throws WarderError `wiring.unknown_client` */
export function wiringClient(name: string): WiringClient {
  const id = clientIds.find((known) => known === name)
  if (id !== undefined) return byId[id]
  throw new WarderError(
    'wiring.unknown_client',
    `Warder cannot wire ${name}. It can: ${clientIds.join(', ')}.`,
  )
}
