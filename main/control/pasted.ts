import type { Output } from '../../preload/contract/index.ts'
import { toWarderError, WarderError } from '../errors.ts'
import type { Incoming, IncomingSecret } from '../wiring/adoption/definition.ts'
import { type Reading, readPasted } from '../wiring/adoption/readings.ts'
import { isObstacle } from '../wiring/adoption/staying.ts'
import type { ControlHouse } from './house.ts'
import { serverHandlers } from './servers.ts'
import type { Handlers } from './types.ts'

/**
 * What a person pasted is read here and nowhere else, twice: to show what is in it, without a value, and to add one of its
 * servers. Between the two it is kept by whoever asks.
 */
export function pastedHandlers(house: ControlHouse): Handlers<'pasted:read' | 'pasted:add'> {
  const { config, secrets } = house
  const { 'servers:add': add } = serverHandlers(house)
  /** Names of secrets that are about to be kept: two that are added at once share none. */
  const coming = new Set<string>()
  const taken = () => new Set([...secrets.list().map(({ name }) => name), ...coming])
  return {
    async 'pasted:read'({ text }) {
      return readPasted(text).map((reading) => readView(reading, taken()))
    },
    async 'pasted:add'({ text, place, name, values, confirm }) {
      const reading = readPasted(text)[place]
      if (reading === undefined)
        throw new WarderError('usage.invalid', 'There is no such server in it.')
      const made = reading.as(name, taken())
      if (isObstacle(made))
        throw new WarderError(
          'server.import_invalid',
          `The server cannot be added. ${made.problem}`,
        )
      if (Object.hasOwn(config.current().servers, name))
        throw new WarderError('server.exists', `There is a server ${name} already.`)
      const given = valuesFor(made, values)
      for (const [secret] of given) coming.add(secret)
      const kept: string[] = []
      try {
        // Secrets first, since the definition refers to them; where the server is not added, they go again.
        for (const [secret, value] of given) {
          await secrets.set(secret, value, null)
          kept.push(secret)
        }
        return await add({ name, definition: { ...made.definition }, confirm })
      } catch (error) {
        for (const secret of kept) await secrets.remove(secret).catch(() => undefined)
        throw error
      } finally {
        for (const [secret] of given) coming.delete(secret)
      }
    },
  }
}

function readView(reading: Reading, taken: ReadonlySet<string>): Output<'pasted:read'>[number] {
  const nothing = { name: reading.name, definition: null, secrets: [] }
  try {
    const made = reading.as(reading.name, taken)
    if (isObstacle(made)) return { ...nothing, problem: made.problem }
    const { definition, secrets } = made
    return {
      name: reading.name,
      definition: { ...definition },
      secrets: secrets.map(({ title, value }) => ({ title, given: value !== null })),
      problem: null,
    }
  } catch (error) {
    return { ...nothing, problem: toWarderError(error).message }
  }
}

/** @param others in the order of the secrets that have no value yet */
function valuesFor({ secrets }: Incoming, others: readonly string[]): [string, string][] {
  const rest = [...others]
  const given = secrets.map((secret): [string, string] => {
    const value = secret.value ?? withAround(secret, rest.shift())
    if (value !== null) return [secret.name, value]
    throw new WarderError('usage.invalid', `It needs a value for ${secret.title}.`)
  })
  if (rest.length === 0) return given
  throw new WarderError('usage.invalid', 'More values were given than it has a place for.')
}

const withAround = ({ around }: IncomingSecret, value: string | undefined): string | null =>
  value === undefined || value === '' ? null : around.join(value)
