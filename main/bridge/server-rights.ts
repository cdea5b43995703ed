/** What a server may say to a client unasked (MCP 2025-11-25; lifecycle, Capability Negotiation). */

/** The requests that a client takes, and the ability that it has to declare for each. */
const ABILITIES: Readonly<Record<string, string>> = {
  'elicitation/create': 'elicitation',
  'roots/list': 'roots',
  'sampling/createMessage': 'sampling',
  'tasks/cancel': 'tasks',
  'tasks/get': 'tasks',
  'tasks/list': 'tasks',
  'tasks/result': 'tasks',
}

/** Requests that only a client makes: the other way round nobody could tell what is meant. */
const OF_CLIENTS =
  /^(?:initialize$|server\/|subscriptions\/|tools\/|resources\/|prompts\/|completion\/|logging\/)/

/** And notifications. */
const SAID_BY_CLIENTS = new Set(['notifications/initialized', 'notifications/roots/list_changed'])

/**
 * True for a request that this client takes from a server. One that no revision knows is for the client to refuse: it may
 * be an extension that both sides know.
 */
export function mayAsk(method: string, offers: (ability: string) => boolean): boolean {
  const ability = Object.hasOwn(ABILITIES, method) ? ABILITIES[method] : undefined
  return ability === undefined ? !OF_CLIENTS.test(method) : offers(ability)
}

export const maySay = (method: string) => !SAID_BY_CLIENTS.has(method)
