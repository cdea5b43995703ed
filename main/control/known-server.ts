import { WarderError } from '../errors.ts'
import type { ApprovedConfig } from '../policy/approved-config.ts'
import { pick, type Server } from '../servers/servers.ts'

/** @throws WarderError `server.held` for one that waits for a person, `server.unknown` */
export function knownServer(config: ApprovedConfig, name: string): Server {
  const { servers } = config.current()
  if (!Object.hasOwn(servers, name) && Object.hasOwn(config.proposedServers(), name))
    throw new WarderError('server.held', `The server ${name} waits for your approval.`)
  return pick(servers, name)
}
