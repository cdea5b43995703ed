import { contextBridge, ipcRenderer } from 'electron'
import type { BridgeReply, DesktopBridge } from './contract/index.ts'

/** Names of the contract, put in by the build: the schemas themselves stay with the companion. */
declare const CONTRACT_CHANNELS: readonly string[]
declare const CONTRACT_EVENTS: readonly string[]

/**
 * All that the page is given. Names outside the contract go nowhere, and Electron's event objects, which carry the
 * sender, stay on this side.
 */
const bridge: DesktopBridge = {
  async call(channel, input) {
    if (!CONTRACT_CHANNELS.includes(channel))
      return { error: { code: 'usage.unknown_channel', message: 'There is no such channel.' } }
    return (await ipcRenderer.invoke(channel, input)) as BridgeReply
  },
  on(event, listener) {
    if (!CONTRACT_EVENTS.includes(event)) throw new Error('There is no such event.')
    const deliver = (_event: unknown, payload: unknown) => listener(payload)
    ipcRenderer.on(event, deliver)
    return () => void ipcRenderer.off(event, deliver)
  },
}

contextBridge.exposeInMainWorld('warder', bridge)
