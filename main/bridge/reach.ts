import { redactLine } from '../audit/redact.ts'
import type { WarderError } from '../errors.ts'
import type { Dialer } from '../net/dialer.ts'
import type { Asker } from '../oauth/asker.ts'
import { NOTHING_PLACED, type Placed } from '../runtime/placed.ts'
import type { Runtime, StartOptions } from '../runtime/supervisor.ts'
import { urlPolicyOf } from '../servers/networks.ts'
import { isRemote, type LocalServer } from '../store/config-schema.ts'
import { sessionClient, statelessClient } from './eras/client-way.ts'
import { createEras } from './eras/eras.ts'
import { connectLocal } from './eras/local.ts'
import { connectLocalHttp } from './eras/local-http.ts'
import { connectRemote } from './eras/remote.ts'
import { createRequestStates } from './eras/request-state.ts'
import type { Era } from './eras/revisions.ts'
import { limits } from './limits.ts'
import { createSharedQuestions } from './shared-questions.ts'
import type { House } from './types.ts'
import { createSharedServers } from './upstream/shared-servers.ts'
import { connectStdio, type StartStdio } from './upstream/stdio.ts'
import type { Credential, LinkHost, Upstream } from './upstream/upstream.ts'

/**
 * Opens a link to a server in the way that its definition says: remote, local over its input and output, shared, or local
 * over HTTP, and in the era that it speaks.
 *
 * @throws WarderError as the server says
 */
export type Reach = (credential: Credential, host: LinkHost) => Promise<Upstream>

/** @returns the ways of one asker to one server */
export function createReach(options: {
  house: Pick<House, 'audit' | 'mask' | 'budget'>
  user: string
  dialer: Dialer
  runtime: Runtime
}): (name: string, asker: Asker, speaks: Era) => Reach {
  const { house, user, dialer, runtime } = options
  const eras = createEras()
  const shared = createSharedServers(createSharedQuestions(house, user))
  const states = createRequestStates()

  return (name, asker, speaks) => (credential, host) => {
    const { answers: room, asks } = house.budget.of(asker.client ?? '@user')
    const { server, environment, placed, grants } = credential
    const { definition } = server
    const client =
      speaks === 'stateless'
        ? statelessClient({ states, caller: callerOf(name, asker), room: asks })
        : sessionClient
    if (isRemote(definition))
      return connectRemote({
        url: definition.url,
        dispatcher: dialer.dispatcher(urlPolicyOf(definition)),
        room,
        host,
        eras,
        client,
        asksFirst: definition.auth === 'public' || client.speaks === 'stateless',
      })
    const key = JSON.stringify(definition)
    const start = (
      given: Pick<StartOptions, 'environment' | 'placed' | 'onLine' | 'onDropped'>,
      onExit: (error: WarderError) => void,
    ) =>
      runtime.start({
        name,
        definition,
        holds: grants,
        maxLineBytes: limits.answerBytes,
        // What several clients use is a peer of its own.
        room: definition.instance === 'shared' ? house.budget.of(`@shared ${name}`).answers : room,
        mask: (text) => redactLine(text, house.mask).text,
        ...given,
        onExit: (exit) => onExit(exit.error),
      })
    const given = { environment: environment ?? {}, placed: placed ?? NOTHING_PLACED }
    const { http } = definition
    if (http !== undefined)
      return connectLocalHttp({
        host,
        eras,
        client,
        key,
        path: http.path,
        room,
        dispatcher: (serverUrl) => dialer.dispatcher({ serverUrl }),
        start: (port, onExit) => start(withPort(given, definition, port), onExit),
      })
    const startStdio: StartStdio = ({ onExit, ...heard }) => start({ ...given, ...heard }, onExit)
    return connectLocal({
      host,
      eras,
      client,
      key,
      connect: (events) =>
        definition.instance === 'shared'
          ? shared.join({ credential, start: startStdio, events })
          : connectStdio({ start: startStdio, events }),
    })
  }
}

/** Who is asked where a server asks: the same client, in the same folder, at the same server. */
const callerOf = (server: string, { client, folder }: Asker) =>
  JSON.stringify([server, client, folder])

/** The port where a definition says {port}; a value of the vault that reads so is left as it is. */
function withPort(
  { environment, placed }: Pick<StartOptions, 'environment'> & { placed: Placed },
  { env = {} }: LocalServer,
  port: number,
) {
  const named = Object.entries(env).filter(([, value]) => value.includes('{port}'))
  const values = named.map(([name, value]) => [name, value.replaceAll('{port}', String(port))])
  return {
    environment: { ...environment, ...Object.fromEntries(values) },
    placed: { ...placed, port },
    onLine: () => {},
  }
}
