import type { CompanionApi, ErrorView, Events, Output } from './channels.ts'
import { ContractError } from './error.ts'

/**
 * The contract between the preload and the page. Electron strips an error that crosses IPC or the context bridge of all
 * but its message, so answers cross as values and become errors again on the page's side.
 */
export type BridgeReply = { output: unknown } | { error: ErrorView }

/** `window.warder`: there where the page runs in the desktop window, undefined in a browser. */
export interface DesktopBridge {
  /** Never rejects for a reason of the companion's: that is in the reply. */
  call(channel: string, input: unknown): Promise<BridgeReply>
  /** @returns a function that ends the subscription */
  on(event: string, listener: (payload: unknown) => void): () => void
}

/** The desktop window's {@link CompanionApi}. */
export function companionOver(bridge: DesktopBridge): CompanionApi {
  return {
    async call(channel, input) {
      const reply = await bridge.call(channel, input)
      if ('error' in reply) throw new ContractError(reply.error)
      return reply.output as Output<typeof channel>
    },
    on(event, listener) {
      return bridge.on(event, (payload) => listener(payload as Events[typeof event]))
    },
  }
}
