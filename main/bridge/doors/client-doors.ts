import { socketPath } from '../../store/home.ts'
import { openSocketDoor, type SocketDoor, type SocketVisit } from './sockets.ts'

/** The sockets of all clients. */
export interface ClientDoors {
  /** Client name → path of its socket. */
  paths(): Readonly<Record<string, string>>
  /** @throws WarderError `store.unwritable` */
  open(client: string): Promise<void>
  /** Lets nobody in from this call on; resolves when all who were in are out. */
  shut(client: string): Promise<void>
}

export function createClientDoors(
  directory: string,
  visitOf: (client: string) => SocketVisit,
): ClientDoors {
  const doors = new Map<string, { path: string; opened: Promise<SocketDoor> }>()
  /** Doors of one name open and close in turn: they share a path. */
  const closing = new Map<string, Promise<void>>()

  return {
    paths: () => Object.fromEntries([...doors].map(([client, { path }]) => [client, path])),
    async open(client) {
      const known = doors.get(client)
      if (known !== undefined) return void (await known.opened)
      const path = socketPath(directory, `client-${client}`)
      const before = closing.get(client) ?? Promise.resolve()
      const door = { path, opened: before.then(() => openSocketDoor(path, visitOf(client))) }
      doors.set(client, door)
      try {
        await door.opened
      } catch (error) {
        if (doors.get(client) === door) doors.delete(client)
        throw error
      }
    },
    async shut(client) {
      const door = doors.get(client)
      doors.delete(client)
      const closed = door?.opened.then((opened) => opened.close()).catch(() => {})
      if (closed !== undefined) closing.set(client, closed)
      await closed
    },
  }
}
