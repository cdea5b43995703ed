import { createHash } from 'node:crypto'
import { canonicalJson } from '../audit/canonical-json.ts'
import { widensNetworks } from '../servers/networks.ts'
import { describeProvider } from '../servers/providers.ts'
import { describeProxy } from '../servers/proxy.ts'
import { describe, destination, quote, secretsOf } from '../servers/servers.ts'
import {
  type ClientDefinition,
  type Config,
  isRemote,
  type LocalServer,
  type ProviderProfile,
  type ProxySettings,
  type Rule,
  type ServerDefinition,
} from '../store/config-schema.ts'
import { ruleText } from './decide.ts'

/**
 * What an edit of `config.json` may do by itself. Narrowing (a removed server, client or allow rule, a new deny rule)
 * holds at once; widening waits for a person. Both sides are compared as a whole: what was approved before and what
 * the file says now.
 */
export type HeldChange = {
  /** Stable for the same change, so that an approval cannot slip onto another one. */
  readonly id: string
  /** The server, provider profile or client it is about, the text of the rule else. */
  readonly subject: string
  readonly title: string
  readonly lines: readonly string[]
  /** The approved configuration with this change taken in. */
  readonly approve: (approved: Config) => Config
} & (
  | { readonly kind: 'server' | 'provider' | 'client' | 'accounts' | 'proxy' }
  | { readonly kind: 'rule.allow' | 'rule.deny-removed'; readonly rule: Rule }
)

export interface Comparison {
  /** What is in force: the proposal without its held changes. */
  readonly effective: Config
  readonly held: readonly HeldChange[]
}

export function compare(approved: Config, proposed: Config): Comparison {
  const held = [
    ...heldProviders(approved, proposed),
    ...heldServers(approved, proposed),
    ...heldProxy(approved, proposed),
    ...heldClients(approved, proposed),
    ...heldRules(approved, proposed),
  ]
  const isHeld = new Set(held.map((change) => change.id))

  const servers = inForce(approved.servers, withPins(approved, proposed), (name, definition) =>
    isHeld.has(serverChangeId(name, definition)),
  )
  const providers = inForce(approved.providers, proposed.providers, (name, profile) =>
    isHeld.has(providerChangeId(name, profile)),
  )
  const clients = inForce(approved.clients, proposed.clients, (name, definition) =>
    isHeld.has(clientChangeId(name, definition)),
  )
  const rules = [
    ...proposed.rules.filter((rule) => rule.effect === 'deny' || includes(approved.rules, rule)),
    // A deny that vanished from the file stays until a person lets it go.
    ...approved.rules.filter((rule) => rule.effect === 'deny' && !includes(proposed.rules, rule)),
  ]
  const settings = held.some(({ kind }) => kind === 'proxy')
    ? withProxy(proposed.settings, approved.settings.proxy)
    : proposed.settings
  return { effective: { ...proposed, servers, providers, clients, rules, settings }, held }
}

/** The file says nothing of what a command came to: that was approved with it, and stays while it is the same command. */
function withPins(approved: Config, proposed: Config): Config['servers'] {
  const entries = Object.entries(proposed.servers).map(([name, definition]) => {
    const before = own(approved.servers, name)
    return [name, before === undefined ? definition : repinned(before, definition)] as const
  })
  // fromEntries, so that a server named __proto__ is one like any other.
  return Object.fromEntries(entries) as Config['servers']
}

function repinned(before: ServerDefinition, definition: ServerDefinition): ServerDefinition {
  if (same(unpinned(before), definition)) return before
  if (isRemote(before) || isRemote(definition) || !tightens(before, definition)) return definition
  return before.pin === undefined ? definition : { ...definition, pin: before.pin }
}

/** The same server, which may use less of the machine, or as much. */
function tightens(before: LocalServer, after: LocalServer): boolean {
  const { limits: had = {}, pin: _, ...one } = before
  const { limits: has = {}, pin: pinned, ...other } = after
  const kept = (['memoryMiB', 'processes', 'openFiles'] as const).every((name) => {
    const [most, now] = [had[name], has[name]]
    return most === undefined || (now !== undefined && now <= most)
  })
  return pinned === undefined && same(one, other) && kept
}

/** As `config.json` has it: what it came to stands in the approval alone. */
export function unpinned(definition: ServerDefinition): ServerDefinition {
  if (isRemote(definition)) return definition
  const { pin: _, ...written } = definition
  return written
}

/** What the file says, but for held changes: there what was approved before stays, or nothing. */
function inForce<T>(
  approved: Readonly<Record<string, T>>,
  proposed: Readonly<Record<string, T>>,
  isHeld: (name: string, value: T) => boolean,
): Record<string, T> {
  const kept: Record<string, T> = {}
  for (const [name, value] of Object.entries(proposed)) {
    const one = isHeld(name, value) ? own(approved, name) : value
    if (one !== undefined) kept[name] = one
  }
  return kept
}

function heldProviders(approved: Config, proposed: Config): HeldChange[] {
  return Object.entries(proposed.providers).flatMap(([name, profile]) => {
    const before = own(approved.providers, name)
    if (!widensProvider(before, profile)) return []
    const verb = before === undefined ? 'Add' : 'Change'
    return {
      id: providerChangeId(name, profile),
      kind: 'provider' as const,
      subject: name,
      title: `${verb} the provider profile ${name}`,
      lines: describeProvider(name, profile),
      approve: (config: Config) => ({
        ...config,
        providers: { ...config.providers, [name]: profile },
      }),
    }
  })
}

/** Members that decide who gets a secret or a sign-in, what a token is good for, or where a person is sent. */
const STEERING = [
  'issuer',
  'metadataUrl',
  'clientSecret',
  'privateKey',
  'resource',
  'audience',
  'revokePage',
] as const

/** A profile widens trust where it makes an exception that was not made before, or steers elsewhere. */
export function widensProvider(
  before: ProviderProfile | undefined,
  after: ProviderProfile,
): boolean {
  const earlier = before ?? { quirks: [] }
  return (
    after.quirks.some((quirk) => !earlier.quirks.includes(quirk)) ||
    STEERING.some((member) => after[member] !== earlier[member])
  )
}

function heldServers(approved: Config, proposed: Config): HeldChange[] {
  return Object.entries(proposed.servers).flatMap(([name, definition]) => {
    const before = own(approved.servers, name)
    if (!widens(before, definition)) return []
    const verb = before === undefined ? 'Add' : 'Change'
    return {
      id: serverChangeId(name, definition),
      kind: 'server' as const,
      subject: name,
      title: `${verb} the server ${name}`,
      lines: describe({ name, definition }),
      approve: (config: Config) => ({
        ...config,
        servers: { ...config.servers, [name]: definition },
      }),
    }
  })
}

/**
 * A server widens trust where it runs a program, gets a secret it did not get there before, gets a token for which
 * nobody signs in, is met under a profile's exceptions, or may leave the public net.
 */
export function widens(before: ServerDefinition | undefined, after: ServerDefinition): boolean {
  if (same(before, after)) return false
  // What runs is part of what was approved, and what the file cannot say does not differ from it.
  if (!isRemote(after)) return before === undefined || isRemote(before) || !tightens(before, after)
  if (widensNetworks(before, after)) return true
  if (defaultAccount(before) !== defaultAccount(after)) return true
  if (after.provider !== undefined && !same(met(before), met(after))) return true
  if (!same(unasked(before), unasked(after)) && unasked(after) !== null) return true
  if (
    secretsOf(after).length === 0 &&
    !Object.values(after.headers ?? {}).some((value) => value.startsWith('grant:'))
  )
    return false
  return (
    before === undefined ||
    destination(before) !== destination(after) ||
    !same(carriers(before), carriers(after))
  )
}

/** With a profile, a token may be issued that is good for more than one server: where it goes is then no detail. */
const met = (definition: ServerDefinition | undefined) =>
  definition !== undefined && isRemote(definition)
    ? [
        definition.provider ?? null,
        definition.url,
        definition.auth,
        definition.oauth?.issuer ?? null,
      ]
    : null

/** The parts of a remote definition that decide which credential goes where. */
const carriers = (definition: ServerDefinition) =>
  isRemote(definition)
    ? [
        definition.headers ?? {},
        definition.query ?? {},
        definition.oauth?.clientSecret ?? null,
        definition.oauth?.privateKey ?? null,
        definition.oauth?.issuer ?? null,
      ]
    : null

/** Where nobody signs in, no page of a provider asks a person: what it would have shown is asked about here. */
const unasked = (definition: ServerDefinition | undefined) =>
  definition !== undefined &&
  isRemote(definition) &&
  (definition.auth === 'service' || definition.oauth?.exchange !== undefined)
    ? [definition.auth, definition.url, definition.provider ?? null, definition.oauth ?? {}]
    : null

/** Every host that Warder speaks to is named to the proxy, and its password is sent there. */
function heldProxy(approved: Config, proposed: Config): HeldChange[] {
  const { proxy } = proposed.settings
  if (proxy === undefined || same(approved.settings.proxy, proxy)) return []
  return [
    {
      id: changeId('proxy', proxy),
      kind: 'proxy',
      subject: 'proxy',
      title: 'Go through another proxy',
      lines: describeProxy(proxy),
      approve: (config) => ({ ...config, settings: withProxy(config.settings, proxy) }),
    },
  ]
}

function withProxy(
  { proxy: _, ...settings }: Config['settings'],
  proxy: ProxySettings | undefined,
): Config['settings'] {
  return proxy === undefined ? settings : { ...settings, proxy }
}

const defaultAccount = (definition: ServerDefinition | undefined) =>
  definition !== undefined && isRemote(definition) ? definition.account : undefined

/** Whose token a client gets is a matter of trust in both directions: without a choice it gets another account's. */
function heldClients(approved: Config, proposed: Config): HeldChange[] {
  return Object.entries(proposed.clients).flatMap(([name, definition]) => {
    const before = own(approved.clients, name)
    if (before !== undefined && same(before, definition)) return []
    const isNew = before === undefined
    return {
      id: clientChangeId(name, definition),
      kind: isNew ? ('client' as const) : ('accounts' as const),
      subject: name,
      title: isNew ? `Let the client ${name} in` : `Change the accounts of the client ${name}`,
      lines: [
        ...(isNew
          ? [`${name} gets a socket of its own; what it may call is decided by the rules.`]
          : []),
        ...(isNew && !hasChoices(definition) ? [] : describeAccounts(name, definition)),
      ],
      approve: (config) => ({ ...config, clients: { ...config.clients, [name]: definition } }),
    }
  })
}

const hasChoices = ({ accounts = {}, folders = [] }: ClientDefinition) =>
  Object.keys(accounts).length + folders.length > 0

/** Whose token a client gets, in plain lines for the person who is asked: whatever differs between two differs here. */
export function describeAccounts(
  client: string,
  { accounts = {}, folders = [] }: ClientDefinition,
): string[] {
  const lines = (chosen: Readonly<Record<string, string>>, where: string) =>
    Object.entries(chosen).map(
      ([server, account]) => `${client} uses the account ${quote(account)} of ${server}${where}`,
    )
  return [
    ...folders.flatMap(({ folder, accounts: chosen }) =>
      lines(chosen, ` when it is started in ${quote(folder)} or below`),
    ),
    ...lines(accounts, folders.length === 0 ? '' : ' elsewhere'),
    `${client} uses the usual account of every ${hasChoices({ accounts, folders }) ? 'other ' : ''}server`,
  ]
}

function heldRules(approved: Config, proposed: Config): HeldChange[] {
  const added = proposed.rules.filter(
    (rule) => rule.effect === 'allow' && !includes(approved.rules, rule),
  )
  const removed = approved.rules.filter(
    (rule) => rule.effect === 'deny' && !includes(proposed.rules, rule),
  )
  return [
    ...unique(added).map((rule) => ({
      id: changeId('rule.allow', rule),
      kind: 'rule.allow' as const,
      subject: ruleText(rule),
      rule,
      title: 'Allow more',
      lines: [ruleText(rule)],
      approve: (config: Config) => ({ ...config, rules: [...config.rules, rule] }),
    })),
    ...unique(removed).map((rule) => ({
      id: changeId('rule.deny-removed', rule),
      kind: 'rule.deny-removed' as const,
      subject: ruleText(rule),
      rule,
      title: 'Stop denying',
      lines: [ruleText(rule)],
      approve: (config: Config) => ({
        ...config,
        rules: config.rules.filter((other) => !sameRule(other, rule)),
      }),
    })),
  ]
}

const serverChangeId = (name: string, definition: ServerDefinition) =>
  changeId('server', [name, definition])

const clientChangeId = (name: string, definition: ClientDefinition) =>
  changeId('client', [name, definition])

const providerChangeId = (name: string, profile: ProviderProfile) =>
  changeId('provider', [name, profile])

function changeId(kind: string, content: unknown): string {
  return createHash('sha256')
    .update(`${kind}\n${canonicalJson(content)}`)
    .digest('hex')
    .slice(0, 16)
}

const includes = (rules: readonly Rule[], rule: Rule) =>
  rules.some((other) => sameRule(other, rule))
const unique = (rules: readonly Rule[]) =>
  rules.filter((rule, index) => rules.findIndex((other) => sameRule(other, rule)) === index)
export const sameRule = (a: Rule, b: Rule) => same(a, b)
const same = (a: unknown, b: unknown) => canonicalJson(a) === canonicalJson(b)

/** A server may be called `constructor`: what an object inherits is not what the file says. */
function own<T>(all: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined
}
