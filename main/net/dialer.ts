import tls from 'node:tls'
import {
  Agent,
  buildConnector,
  type Dispatcher,
  type RequestInit as UndiciInit,
  fetch as undiciFetch,
} from 'undici'
import { guardedLookup, guardTarget, type Lookup, systemLookup } from './guard.ts'
import { servesLoopback, type UrlPolicy } from './hosts.ts'
import { toNetError } from './net-error.ts'

export type { Dispatcher } from 'undici'
export type { Lookup } from './guard.ts'

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
  /** Makes the sockets. A proxy would stand here, behind the same guard. */
  readonly connector?: typeof buildConnector
}

/** Milliseconds. */
const connectTimeout = 10_000
const idleConnectionLife = 30_000

export function createDialer(options: DialerOptions = {}): Dialer {
  const { lookup = systemLookup, connector = buildConnector } = options
  const agents = new Map<string, Agent>()

  function dispatcher(policy: UrlPolicy): Agent {
    const key = guardKey(policy)
    const agent = agents.get(key) ?? createAgent(policy, lookup, connector)
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

function createAgent(policy: UrlPolicy, lookup: Lookup, connector: typeof buildConnector): Agent {
  const common = { lookup: guardedLookup(lookup, policy), timeout: connectTimeout }
  const plain = connector(common)
  const secure = once(() => connector({ ...common, secureContext: trust() }))
  return new Agent({
    keepAliveTimeout: idleConnectionLife,
    // An event stream may be silent for as long as it likes; who waits for an answer sets a deadline of its own.
    bodyTimeout: 0,
    connect(target, callback) {
      try {
        guardTarget(target, policy)
      } catch (error) {
        return callback(toNetError(error), null)
      }
      const connect = target.protocol === 'https:' ? secure() : plain
      connect(target, callback)
    },
  })
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Node's roots and the machine's own: company networks install theirs there. Parsed once, since they are hundreds. */
const trust = once((): tls.SecureContext => {
  // Node before 22.15 cannot read the machine's.
  if (typeof tls.getCACertificates !== 'function') return tls.createSecureContext()
  const roots = [...tls.getCACertificates('default'), ...tls.getCACertificates('system')]
  return tls.createSecureContext({ ca: [...new Set(roots)] })
})

async function guardedFetch(
  agent: Agent,
  url: string | URL,
  init: RequestInit = {},
): Promise<Response> {
  try {
    // undici's own types stand for the same objects as those of the web platform.
    const request = { ...init, redirect: 'manual', dispatcher: agent } as UndiciInit
    return (await undiciFetch(url, request)) as unknown as Response
  } catch (error) {
    const { aborted, reason } = init.signal ?? {}
    if (aborted && reason?.name !== 'TimeoutError') throw reason
    throw toNetError(error)
  }
}
