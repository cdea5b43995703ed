import { isDeepStrictEqual } from 'node:util'
import { WarderError } from '../errors.ts'
import { formats } from './formats/index.ts'
import { formatTitles } from './read.ts'
import type { WiringClient } from './types.ts'
import { isObject, valueAt } from './values.ts'

/**
 * The text of a client's file with one server more, or changed. The result is read again as the client reads it: exactly
 * that server differs, or there is no result.
 *
 * @throws WarderError `wiring.broken`, `wiring.unsafe_edit`
 */
export function withEntry(
  client: WiringClient,
  text: string,
  name: string,
  entry: Record<string, unknown>,
): string {
  return edited(client, text, name, entry)
}

/** The same without the server. @throws WarderError `wiring.broken`, `wiring.unsafe_edit` */
export function withoutEntry(client: WiringClient, text: string, name: string): string {
  return edited(client, text, name, undefined)
}

function edited(
  client: WiringClient,
  text: string,
  name: string,
  entry: Record<string, unknown> | undefined,
): string {
  const format = formats[client.format]
  const at = [...client.servers, name]
  const before = read(client, text)
  const servers = valueAt(before, client.servers)
  if (!isObject(before) || !(servers === undefined || servers === null || isObject(servers)))
    throw new WarderError(
      'wiring.broken',
      `${client.title} keeps its servers in an object ${client.servers.join('.')}; this file has something else there.`,
    )
  try {
    const result = entry === undefined ? format.remove(text, at) : format.put(text, at, entry)
    const after = format.parse(result)
    const same =
      isDeepStrictEqual(apart(before, at), apart(after, at)) &&
      isDeepStrictEqual(plain(valueAt(after, at)), plain(entry))
    if (same) return result
  } catch (cause) {
    throw unsafe(client, cause)
  }
  throw unsafe(client)
}

function read(client: WiringClient, text: string): unknown {
  try {
    return formats[client.format].parse(text)
  } catch (cause) {
    throw new WarderError(
      'wiring.broken',
      `The file is not ${formatTitles[client.format]}, so ${client.title} cannot read it either.`,
      { cause },
    )
  }
}

/** Everything but what is at the path. No servers, an empty list of them, and nothing in its place are the same. */
function apart(content: unknown, [member = '', ...below]: readonly string[]): unknown {
  if (!isObject(content))
    return content === undefined || content === null ? apart({}, [member, ...below]) : content
  const others = Object.entries(content).filter(([name]) => name !== member)
  return plain([others, below.length === 0 ? null : apart(content[member], below)])
}

/** Formats have objects of their own for dates and tables; what they say is what counts. */
const plain = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value, noBigInt))

const noBigInt = (_name: string, value: unknown) =>
  typeof value === 'bigint' ? `${value}n` : value

const unsafe = (client: WiringClient, cause?: unknown) =>
  new WarderError(
    'wiring.unsafe_edit',
    `The configuration of ${client.title} is written in a way in which Warder cannot change one entry alone.`,
    { cause },
  )
