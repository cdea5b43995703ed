import { WarderError } from '../../errors.ts'
import { type Incoming, incomingServer } from './definition.ts'
import { pastedServers } from './pasted.ts'
import { warderName } from './secret-name.ts'
import { fromServerJson, isServerJson } from './server-json.ts'
import type { Obstacle } from './staying.ts'
import { givenValues } from './values.ts'

/** One server in what somebody pasted. */
export interface Reading {
  /** As config.json has names. */
  readonly name: string
  /** @param taken names of secrets that others have @throws WarderError `server.import_invalid`, `usage.invalid` */
  as(name: string, taken: ReadonlySet<string>): Incoming | Obstacle
}

/**
 * The one reader of what people paste: a piece of any client's configuration, or a `server.json` that needs no further values.
 *
 * @throws WarderError `server.import_invalid`
 */
export function readPasted(text: string): Reading[] {
  const content = parsed(text)
  if (!isServerJson(content))
    return pastedServers(text).map((server) => ({
      name: warderName(server.name),
      as: (name, taken) => incomingServer(server, name, { taken }),
    }))
  const own = (content as { readonly name?: unknown }).name
  return [
    {
      name: warderName(
        String(own ?? '')
          .split('/')
          .at(-1) ?? '',
      ),
      as(name, taken) {
        const made = fromServerJson(content, name, givenValues({}))
        const clash = made.secrets.find((secret) => taken.has(secret.name))
        if (clash === undefined) return made
        throw new WarderError(
          'usage.invalid',
          `There is a secret ${clash.name} already: name the server otherwise, or remove it.`,
        )
      },
    },
  ]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
