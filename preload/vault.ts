import { contextBridge, ipcRenderer } from 'electron'
import type { VaultBridge } from './contract/vault-bridge.ts'

/** All that the window that asks for the passphrase is given; it has none of the contract's channels. */
const bridge: VaultBridge = {
  question: () => ipcRenderer.invoke('passphrase:question'),
  answer: (given) => ipcRenderer.invoke('passphrase:answer', given),
}

contextBridge.exposeInMainWorld('warderVault', bridge)
