import type { Rule } from '../../../../main/store/config-schema.ts'
import type { Remote } from '../../support/remote.ts'
import { type Line, remoteServer, startWorld } from '../../support/world.ts'
import { type Listing, startListing } from './servers.ts'

/** Several real HTTP servers behind one socket of one client. */
export async function startScene(listings: Record<string, Listing>, rules?: readonly Rule[]) {
  await using stack = new AsyncDisposableStack()
  const remotes: Record<string, Remote> = {}
  for (const [name, listing] of Object.entries(listings))
    remotes[name] = stack.use(await startListing(listing))
  const servers = Object.fromEntries(
    Object.entries(remotes).map(([name, { url }]) => [name, remoteServer(url)]),
  )
  const world = stack.use(await startWorld(servers, rules))
  const line = await world.line(undefined)
  line.send('{"warder":1}')
  stack.defer(() => line.close())
  const kept = stack.move()
  return {
    world,
    line,
    remote: (name: string) => remotes[name] as Remote,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Names or URIs of a list, as they are shown. */
export const names = async (line: Line, method: string) => {
  const { result } = (await line.call(method)) as {
    result: Record<string, Record<string, string>[]>
  }
  const [lines = []] = Object.values(result)
  return lines.map((one) => one.name ?? one.uri ?? one.uriTemplate)
}
