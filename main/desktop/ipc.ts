import { ipcMain, type WebContents } from 'electron'
import { type BridgeReply, channels, type EventName, events } from '../../preload/contract/index.ts'
import { errorView } from '../control/http.ts'
import type { Control } from '../control/types.ts'
import { toWarderError, WarderError } from '../errors.ts'
import { plainInput } from './plain-input.ts'
import { isTrustedSender } from './sender.ts'

/**
 * The control API over IPC. Electron hands a message to whoever listens, so every call proves first that it comes from
 * the top frame of our own window showing our own page.
 *
 * @param trusted the page of our window, or null while there is none
 */
export function serveIpc(control: Control, trusted: () => WebContents | null): void {
  for (const channel of Object.keys(channels))
    ipcMain.handle(channel, (event, input: unknown) =>
      isTrustedSender(event, trusted())
        ? reply(async () => control.call(channel, plainInput(input)))
        : refuse(),
    )
  for (const name of Object.keys(events) as EventName[])
    control.on(name, (payload) => {
      const contents = trusted()
      if (contents && !contents.isDestroyed()) contents.send(name, payload)
    })
}

/**
 * Channels of a window of its own, which is no part of the contract.
 *
 * @param origin of the one page that may be in it
 */
export function serveWindow(
  origin: string,
  trusted: () => WebContents | null,
  handlers: Readonly<Record<string, (input: unknown) => Promise<unknown>>>,
): void {
  for (const [channel, handle] of Object.entries(handlers))
    ipcMain.handle(channel, (event, input: unknown) => {
      if (isTrustedSender(event, trusted(), origin)) return handle(input)
      throw new WarderError('control.unauthorized', 'The caller is not the page of this window.')
    })
}

async function reply(call: () => Promise<unknown>): Promise<BridgeReply> {
  try {
    return { output: await call() }
  } catch (error) {
    return { error: errorView(toWarderError(error)) }
  }
}

const refuse = (): BridgeReply => ({
  error: errorView(
    new WarderError('control.unauthorized', 'The caller is not the page of the Warder window.'),
  ),
})
