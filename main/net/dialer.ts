import type { RequestInit as UndiciInit, Dispatcher as WholeDispatcher } from 'undici'
import buildConnector from 'undici/lib/core/connect.js'
import Agent from 'undici/lib/dispatcher/agent.js'
import { createDoor } from './door.ts'
import { type Lookup, systemLookup } from './guard.ts'
import { servesLoopback, type UrlPolicy } from './hosts.ts'
import { toNetError } from './net-error.ts'
import type { WebProxy } from './proxy.ts'

export type { Lookup } from './guard.ts'

/** What makes one request; undici's longer ways to ask are not loaded. */
export type Dispatcher = Pick<WholeDispatcher, 'dispatch'>
export type DispatchController = WholeDispatcher.DispatchController

/** The shape of `fetch` that oauth4webapi's `customFetch` takes. @throws WarderError `net.*`, or the caller's abort */
export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>

/**
 * The only way out of this process. Every connection is made to an address that was checked against the policy of the
 * server it is made for, at the moment it is made.
 */
export interface Dialer {
  /** Never follows redirects: their 3xx answer is the answer. */
  fetch(policy: UrlPolicy): Fetch
  /** The same guard for the bridge: connections are kept alive and shared by the servers of one policy. */
  dispatcher(policy: UrlPolicy): Dispatcher
  /** Ends every connection, idle or not. */
  close(): Promise<void>
}

export interface DialerOptions {
  readonly lookup?: Lookup
  /** Makes the sockets. */
  readonly connector?: typeof buildConnector
  /** What stands between us and the internet, asked for each new connection. @throws WarderError `net.proxy_invalid` */
  readonly proxy?: () => WebProxy | null
}

/** Milliseconds. */
const idleConnectionLife = 30_000

export function createDialer(options: DialerOptions = {}): Dialer {
  const { lookup = systemLookup, connector = buildConnector, proxy = () => null } = options
  const agents = new Map<string, Agent>()

  function dispatcher(policy: UrlPolicy): Agent {
    const key = guardKey(policy)
    const agent = agents.get(key) ?? createAgent(policy, { lookup, connector, proxy })
    agents.set(key, agent)
    return agent
  }

  return {
    dispatcher,
    fetch: (policy) => (url, init) => guardedFetch(dispatcher(policy), url, init),
    async close() {
      const open = [...agents.values()]
      agents.clear()
      await Promise.all(open.map((agent) => agent.destroy()))
    },
  }
}

/** Everything of a policy that the guard looks at: servers that agree in it may share connections. */
function guardKey(policy: UrlPolicy): string {
  return JSON.stringify([servesLoopback(policy), policy.allowPrivateNetwork ?? false])
}

function createAgent(policy: UrlPolicy, options: Required<DialerOptions>): Agent {
  const open = createDoor(policy, options)
  return new Agent({
    keepAliveTimeout: idleConnectionLife,
    // An event stream may be silent for as long as it likes; who waits for an answer sets a deadline of its own.
    bodyTimeout: 0,
    connect(target, callback) {
      open(target).then(
        (socket) => callback(null, socket),
        (error: unknown) => callback(toNetError(error), null),
      )
    },
  })
}

async function guardedFetch(
  agent: Agent,
  url: string | URL,
  init: RequestInit = {},
): Promise<Response> {
  try {
    // undici's own types stand for the same objects as those of the web platform.
    const request = { ...init, redirect: 'manual', dispatcher: agent } as UndiciInit
    // Only who signs in needs it.
    const { default: web } = await import('undici/lib/web/fetch/index.js')
    return (await web.fetch(url, request)) as unknown as Response
  } catch (error) {
    const { aborted, reason } = init.signal ?? {}
    if (aborted && reason?.name !== 'TimeoutError') throw reason
    throw toNetError(error)
  }
}
