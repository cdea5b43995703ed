import { wiringClients } from './clients/index.ts'
import type { Place } from './ledger.ts'
import { includes, OWN_NAME, type WiringHouse } from './plan.ts'
import { readClientFile } from './read.ts'

/**
 * Files of this user in which an entry starts the shim of this home, although no record says so: a link or a client's own
 * command added it, or the record was lost. Those of another home are none of ours.
 */
export function unrecordedPlaces({ where, ledger, launcher }: WiringHouse): Place[] {
  return wiringClients.flatMap((client) => {
    const place: Place = { client: client.id, scope: 'user', file: client.userFile(where) }
    if (ledger.find(place) !== null) return []
    const entry = client.entry(launcher.command(client.id))
    const { servers } = readClientFile(client, 'user', place.file)
    const isThere = servers.some(
      ({ at, name, ours, raw }) =>
        ours &&
        name === OWN_NAME &&
        at.length === client.servers.length + 1 &&
        startsTheSame(raw, entry),
    )
    return isThere ? [place] : []
  })
}

/** A client that writes the entry itself may leave out or add what does not matter to what is started. */
const startsTheSame = (raw: unknown, { command, cmd, args }: Readonly<Record<string, unknown>>) =>
  includes(raw, { ...(command === undefined ? { cmd } : { command }), args })
