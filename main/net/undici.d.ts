/** The parts of undici that we use, by their files: its index loads all of it and the copy inside Node as well, 13 MiB. */
declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici'

  export = Agent
}

declare module 'undici/lib/core/connect.js' {
  import { buildConnector } from 'undici'

  export = buildConnector
}

declare module 'undici/lib/web/fetch/index.js' {
  import { fetch } from 'undici'

  const web: { readonly fetch: typeof fetch }
  export = web
}
