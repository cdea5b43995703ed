import { everyPrivateNetwork, isInside, normalNetwork } from '../net/networks.ts'
import type { UrlPolicy } from '../net/url-policy.ts'
import { isRemote, type RemoteServer, type ServerDefinition } from '../store/config-schema.ts'

/** What the person said of a remote server, as the URL policy and the dialer want it. */
export const urlPolicyOf = (definition: RemoteServer): UrlPolicy => ({
  serverUrl: definition.url,
  allowPrivateNetwork: networksOf(definition),
})

/** The networks that a server and its identity provider may be reached in beside the internet: normal, sorted, each once. */
export function networksOf(definition: ServerDefinition | undefined): string[] {
  if (definition === undefined || !isRemote(definition)) return []
  const { allowPrivateNetwork = false, allowedNetworks = [] } = definition
  const listed = allowedNetworks.flatMap((text) => normalNetwork(text) ?? [])
  return [...new Set([...(allowPrivateNetwork ? everyPrivateNetwork : []), ...listed])].sort()
}

/** May the one be reached anywhere where the other may not? */
export function widensNetworks(
  before: ServerDefinition | undefined,
  after: ServerDefinition,
): boolean {
  const known = networksOf(before)
  return !networksOf(after).every((network) => known.some((outer) => isInside(network, outer)))
}
