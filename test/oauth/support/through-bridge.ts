import { createInjector } from '../../../main/bridge/credentials.ts'
import { connectHttp } from '../../../main/bridge/upstream/http.ts'
import { NotProcessed } from '../../../main/bridge/upstream/upstream.ts'
import { createDialer } from '../../../main/net/dialer.ts'
import { NOBODY } from '../../../main/oauth/asker.ts'
import type { RemoteServer } from '../../../main/store/config-schema.ts'
import type { House } from './house.ts'

export const opening =
  '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}'

/**
 * Opens a session as the bridge does, and closes it; makes it again where the server wants a nonce, as the relay does.
 *
 * @returns why requests were made again
 */
export async function callThroughBridge(
  house: House,
  server: { readonly name: string; readonly definition: RemoteServer },
): Promise<string[]> {
  const { url } = server.definition
  const dialer = createDialer()
  const policy = { serverUrl: url }
  const secrets = { read: () => Promise.reject(new Error('no secret is asked for')) }
  const injector = createInjector({ grants: house.grants, secrets })
  const refused: string[] = []
  try {
    const credential = await injector.headers(server, NOBODY)
    const upstream = connectHttp({
      url,
      dispatcher: dialer.dispatcher(policy),
      host: {
        onMessage: () => {},
        onClosed: () => {},
        check: () => {},
        credential: async () => credential,
        subscribed: new Set(),
      },
    })
    const ask = () => upstream.request(opening, '1', credential, AbortSignal.timeout(20_000))
    await ask().catch((error: unknown) => {
      if (!(error instanceof NotProcessed) || error.reason !== 'nonce-wanted') throw error
      refused.push(error.reason)
      return ask()
    })
    await upstream.close(credential)
  } finally {
    await dialer.close()
  }
  return refused
}
