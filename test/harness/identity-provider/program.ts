import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createJournal, type Journal } from './journal.ts'
import { controlMessage } from './types.ts'

/** The part of a provider's process that is the same for each of them. */
export interface ProviderProgram {
  /** Appended to the origin, empty when the issuer has no path. */
  readonly issuerPath: string
  /** Called once the port is known, since an issuer is a URL. */
  create(origin: string): Promise<ProviderHandler> | ProviderHandler
}

export interface ProviderHandler {
  handle(request: IncomingMessage, response: ServerResponse, body: Buffer): unknown
  acceptResource?(resource: string): Promise<void>
}

/** Listens on a free loopback port, announces it on stdout and takes orders over IPC until the test is gone. */
export async function runProvider(program: ProviderProgram): Promise<void> {
  const journal = createJournal()
  const created = Promise.withResolvers<ProviderHandler>()
  const server = createServer(async (request, response) => {
    const body = await journal.admit(request, response)
    if (body) (await created.promise).handle(request, response, body)
  })
  server.listen(0, '127.0.0.1', async () => {
    const { port } = server.address() as AddressInfo
    const origin = `http://127.0.0.1:${port}`
    created.resolve(await program.create(origin))
    obey(journal, await created.promise)
    console.log(JSON.stringify({ ready: true, port, issuer: `${origin}${program.issuerPath}` }))
  })
  process.once('disconnect', () => process.exit(0))
}

function obey(journal: Journal, handler: ProviderHandler): void {
  process.on('message', async (raw) => {
    const message = controlMessage.parse(raw)
    if (message.do === 'condition') journal.setCondition(message.condition, message.paths)
    if (message.do === 'arrived') await journal.arrived(message.pathEnd, message.count)
    if (message.do === 'resource') await handler.acceptResource?.(message.resource)
    process.send?.({ id: message.id, result: told(journal, message.do) })
  })
}

function told(journal: Journal, order: string): unknown {
  if (order === 'requests') return journal.requests
  return order === 'secrets' ? journal.secrets : null
}
