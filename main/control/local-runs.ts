import { createHash } from 'node:crypto'
import { canonicalJson } from '../audit/canonical-json.ts'
import { isWarderError, toWarderError } from '../errors.ts'
import { describe, type Server } from '../servers/servers.ts'
import { isRemote } from '../store/config-schema.ts'
import type { ControlHouse } from './house.ts'

/**
 * The server as a person is asked about it: a local one with what its command comes to now, so that the answer counts for
 * that alone (SEP-1024).
 *
 * @throws WarderError `server.start_failed`, `server.unpinned`, `server.unsafe`
 */
export async function withPin(
  server: Server,
  { runs }: Pick<ControlHouse, 'runs'>,
): Promise<Server> {
  const { name, definition } = server
  if (isRemote(definition)) return server
  // What was approved before says nothing about what it is asked about anew.
  const { pin: _, ...written } = definition
  const { pin } = await runs.resolve({ name, definition: written })
  return { name, definition: { ...written, pin } }
}

/** What a person has agreed to is kept with the approval; `config.json` says nothing of it. */
export async function keepPin(
  { name, definition }: Server,
  { config }: Pick<ControlHouse, 'config'>,
): Promise<void> {
  if (isRemote(definition)) return
  await config.edit(
    ({ servers, ...rest }) => ({ ...rest, servers: { ...servers, [name]: definition } }),
    () => {},
  )
}

/** Fetches what the first start would have to wait for; what goes wrong is told by that start. */
export function prepare({ name, definition }: Server, { runs }: Pick<ControlHouse, 'runs'>): void {
  if (!isRemote(definition)) runs.confirmed({ name, definition }).catch(() => {})
}

/** The lines about a server that waits, also where it cannot be approved as it is: then they say why. */
export async function linesOf(
  server: Server,
  house: Pick<ControlHouse, 'runs'>,
): Promise<readonly string[]> {
  try {
    return describe(await withPin(server, house))
  } catch (error) {
    return [...describe(server), `cannot be approved as it is: ${toWarderError(error).message}`]
  }
}

/** An approved server whose command comes to something else than what was approved, or was never looked at. */
export interface Unconfirmed {
  readonly id: string
  readonly title: string
  /** With what it runs now. */
  readonly server: Server
  readonly lines: readonly string[]
}

/** What would be refused at its start is compared here too; what is not there at all is told at the start. */
export async function unconfirmedServers({
  config,
  runs,
}: Pick<ControlHouse, 'config' | 'runs'>): Promise<Unconfirmed[]> {
  const found = await Promise.all(
    Object.entries(config.current().servers).map(async ([name, definition]) => {
      if (isRemote(definition)) return []
      const server = { name, definition }
      try {
        const { pin } = await runs.resolve(server)
        if (canonicalJson(pin) === canonicalJson(definition.pin ?? null)) return []
        return [
          unconfirmed({ name, definition: { ...definition, pin } }, definition.pin === undefined),
        ]
      } catch (error) {
        if (isWarderError(error)) return []
        throw error
      }
    }),
  )
  return found.flat()
}

function unconfirmed(server: Server, isNew: boolean): Unconfirmed {
  const { name } = server
  const content = canonicalJson(['run', server])
  return {
    id: createHash('sha256').update(content).digest('hex').slice(0, 16),
    title: isNew ? `Run the program of ${name}` : `Run what the program of ${name} is now`,
    server,
    lines: describe(server),
  }
}
