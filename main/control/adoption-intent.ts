import type { Output } from '../../preload/contract/index.ts'
import { redactText } from '../audit/redact.ts'
import { toWarderError, WarderError } from '../errors.ts'
import { checkUrl } from '../net/url-policy.ts'
import { matches } from '../policy/glob.ts'
import { urlPolicyOf } from '../servers/networks.ts'
import { describe, type Server } from '../servers/servers.ts'
import { clearSecret } from '../store/clear-secrets.ts'
import { isRemote, type Rule, serverSchema } from '../store/config-schema.ts'
import {
  type AdoptedServer,
  type AdoptionPlan,
  type LeftServer,
  placesOf,
  planAdoption,
} from '../wiring/adoption/plan.ts'
import { octal, type RightsChange, rightsToMend } from '../wiring/adoption/rights.ts'
import { obstacle } from '../wiring/adoption/staying.ts'
import { diagnose } from '../wiring/doctor/diagnose.ts'
import { identityOf } from '../wiring/doctor/duplicates.ts'
import { holdsSecret } from '../wiring/doctor/secrets.ts'
import { holdsVaultValue, type LabelsIn } from '../wiring/doctor/vault-values.ts'
import { findClients } from '../wiring/find-clients.ts'
import type { WiringHouse } from '../wiring/plan.ts'
import type { ConfiguredServer } from '../wiring/types.ts'
import type { ControlHouse } from './house.ts'
import { withPin } from './local-runs.ts'

/** All that an adoption would do, for the person who is asked. */
export interface Intent {
  readonly plan: AdoptionPlan
  readonly servers: readonly { readonly adopted: AdoptedServer; readonly server: Server }[]
  /** Clients that have to be let in. */
  readonly clients: readonly string[]
  /** For clients that are in already and may not use the server yet, and for tools that a client did not use. */
  readonly rules: readonly Rule[]
  readonly left: readonly LeftServer[]
  /** Of others to files of the user. */
  readonly rights: readonly RightsChange[]
}

interface Wish {
  /** Absolute; whose project files are looked at as well. */
  readonly folder: string
  /** Servers that several clients have alike, credential or not. */
  readonly duplicates: boolean
}

/** A server that could not run here stays with its client, and so does what is wrong with it. */
export async function prepareAdoption(
  house: ControlHouse,
  { folder, duplicates }: Wish,
): Promise<Intent> {
  const { wiring, vaultValues } = house
  const at = { ...wiring, where: { ...wiring.where, folder } }
  // A vault that cannot be read now keeps nobody from moving what is seen without it.
  const labelsIn: LabelsIn = await vaultValues.learn().catch(() => () => [])
  const isKnown = (value: string) => labelsIn(value).length > 0
  const alike = duplicates ? alikeInSeveral(at, takenNames(house)) : new Set<string>()
  const rights = await rightsIn(house, at)
  const unfit = new Map<string, Pick<LeftServer, 'code' | 'problem'>>()
  const wanted = (one: ConfiguredServer) =>
    holdsSecret(one) || holdsVaultValue(one, labelsIn) || alike.has(placeOf(one))
  for (;;) {
    const plan = planAdoption(
      at,
      takenNames(house),
      (one) => wanted(one) && !unfit.has(placeOf(one)),
      isKnown,
    )
    const servers: Intent['servers'][number][] = []
    let again = false
    for (const adopted of plan.servers) {
      const made = await fitting(adopted, house, isKnown)
      if ('definition' in made) servers.push({ adopted, server: made })
      else {
        for (const from of adopted.from) unfit.set(placeOf(from), made)
        again = true
      }
    }
    if (again) continue
    const left = [
      ...plan.left,
      ...[...unfit].map(([place, why]) => ({ ...fromPlace(place), ...why })),
    ]
    return { plan: withRights(plan, rights), servers, left, rights, ...admissions(house, plan) }
  }
}

type At = Pick<WiringHouse, 'where' | 'launcher'>

/** Servers that several clients have with the same settings, so that one can stand for all. */
function alikeInSeveral(at: At, taken: ReturnType<typeof takenNames>): ReadonlySet<string> {
  const servers = findClients(at.where, () => null).flatMap(({ files }) =>
    files.flatMap((file) => (file.scope === 'user' ? file.servers : [])),
  )
  const groups = Map.groupBy(
    servers.filter(({ ours }) => !ours),
    identityOf,
  )
  const several = new Set(
    [...groups].flatMap(([identity, group]) =>
      identity === null || group.length < 2 ? [] : group.map(placeOf),
    ),
  )
  const tried = planAdoption(at, taken, (one) => several.has(placeOf(one))).servers
  return new Set(
    tried.flatMap(({ from }) =>
      new Set(from.map(({ client }) => client)).size > 1 ? from.map(placeOf) : [],
    ),
  )
}

async function rightsIn({ home }: ControlHouse, at: At): Promise<RightsChange[]> {
  const { findings } = await diagnose(at.where, { home })
  const projects = placesOf(at).flatMap(({ scope, file }) => (scope === 'project' ? [file] : []))
  return rightsToMend(findings, new Set(projects))
}

/** A file that is written anew keeps the rights that it will have then. */
const withRights = (plan: AdoptionPlan, rights: readonly RightsChange[]): AdoptionPlan => ({
  ...plan,
  files: plan.files.map((file) => {
    const mended = rights.find((one) => one.file === file.before.file)
    return mended === undefined ? file : { ...file, before: { ...file.before, mode: mended.now } }
  }),
})

async function fitting(
  adopted: AdoptedServer,
  house: ControlHouse,
  isKnown: (value: string) => boolean,
): Promise<Server | Pick<LeftServer, 'code' | 'problem'>> {
  const { name, definition } = adopted
  const parsed = serverSchema.safeParse(definition)
  if (!parsed.success) return obstacle('stays.unfit')
  if (clearSecret(parsed.data) !== null || isKnown(JSON.stringify(definition)))
    return obstacle('stays.still_clear')
  try {
    // Here rather than at its first call: it would be gone from its client by then.
    if (isRemote(parsed.data)) checkUrl(parsed.data.url, 'server_url', urlPolicyOf(parsed.data))
    return await withPin({ name, definition: parsed.data }, house)
  } catch (error) {
    const { code, message } = toWarderError(error)
    return { code, problem: message }
  }
}

/** As it goes into config.json. */
export const definitionOf = ({ definition }: AdoptedServer) => serverSchema.parse(definition)

function takenNames({ config, secrets }: Pick<ControlHouse, 'config' | 'secrets'>) {
  return {
    servers: new Set([
      ...Object.keys(config.current().servers),
      ...Object.keys(config.proposedServers()),
    ]),
    secrets: new Set(secrets.list().map(({ name }) => name)),
  }
}

/**
 * A person may take long to answer, and others go on meanwhile: what they named is theirs.
 *
 * @throws WarderError `adoption.name_taken`
 */
export function refuseTaken(
  { servers }: Pick<Intent, 'servers'>,
  house: Pick<ControlHouse, 'config' | 'secrets'>,
): void {
  const taken = takenNames(house)
  for (const { adopted } of servers) {
    if (taken.servers.has(adopted.name)) throw nameTaken('server', adopted.name)
    for (const { name } of adopted.secrets)
      if (taken.secrets.has(name)) throw nameTaken('secret', name)
  }
}

export const nameTaken = (what: 'server' | 'secret', name: string) =>
  new WarderError(
    'adoption.name_taken',
    `Meanwhile somebody added a ${what} ${name}. Nothing was moved.`,
  )

const placeOf = ({ client, file, name }: Pick<ConfiguredServer, 'client' | 'file' | 'name'>) =>
  JSON.stringify({ client, file, name })
const fromPlace = (place: string): Pick<ConfiguredServer, 'client' | 'file' | 'name'> =>
  JSON.parse(place)

function admissions({ config }: ControlHouse, { servers }: AdoptionPlan) {
  const { clients, rules } = config.current()
  const pairs = servers.flatMap(({ name, from }) => from.map((one) => [one, name] as const))
  const isIn = (client: string) => Object.hasOwn(clients, client)
  const mayUse = (client: string, server: string) =>
    rules.some(
      (rule) =>
        rule.effect === 'allow' && matches(rule.client, client) && matches(rule.server, server),
    )
  const allowed = pairs.flatMap(([{ client }, server]): Rule[] =>
    isIn(client) && !mayUse(client, server) ? [{ effect: 'allow', client, server }] : [],
  )
  const denied = pairs.flatMap(([{ client, hides }, server]) =>
    hides.map((tool): Rule => ({ effect: 'deny', client, server, tool })),
  )
  return {
    clients: [...new Set(pairs.flatMap(([{ client }]) => (isIn(client) ? [] : [client])))],
    // What denies comes first: nothing is open while the rest is written.
    rules: [...denied, ...allowed],
  }
}

/** Complete, so that the answer counts for exactly this. */
export function adoptionLines({ servers, plan, clients, rules, rights }: Intent): string[] {
  return [
    ...servers.flatMap(({ adopted, server }) => [
      ...adopted.from.flatMap((from) => originLines(from, adopted.name)),
      ...describe(server),
    ]),
    ...plan.files.flatMap(({ before, entry, client }) =>
      entry === null ? [] : [`${client} starts Warder instead: ${before.file}`],
    ),
    ...clients.flatMap((client) => [
      `${client} gets a socket and a bearer of its own`,
      `${client} may then call every tool of every server, until you narrow the rules in config.json`,
    ]),
    ...rules.map(({ effect, client, server, tool }) =>
      effect === 'deny'
        ? `${client} may not call ${tool} of ${server}, as it was`
        : `${client} may call every tool of ${server}`,
    ),
    ...rights.map(
      ({ file, was, now }) =>
        `others lose their rights to ${file}: ${octal(was)} becomes ${octal(now)}`,
    ),
  ]
}

function originLines(
  { client, file, name, folder, variables, envFile }: AdoptedServer['from'][number],
  adopted: string,
): string[] {
  return [
    `${name} of ${client} leaves ${file}`,
    ...(folder === null
      ? []
      : [`${adopted} was for the project ${folder}, and ${client} gets it in every project then`]),
    ...(variables.length === 0
      ? []
      : [`${adopted} keeps what Warder's environment has now for ${variables.join(', ')}`]),
    ...(envFile === null
      ? []
      : [
          `${adopted} keeps what ${envFile} says now; that file stays as it is, credentials included`,
        ]),
  ]
}

/** Names are free text as well: somebody may have put the value where its name belongs. */
const plain = (text: string) => redactText(text).text

export function adoptionView({
  servers,
  plan,
  clients,
  left,
  rights,
}: Intent): Omit<Output<'adoptions:adopt'>, 'done'> {
  const envFiles = servers.flatMap(({ adopted }) =>
    adopted.from.flatMap(({ envFile }) => envFile ?? []),
  )
  return {
    servers: servers.map(({ adopted }) => ({
      name: adopted.name,
      from: adopted.from.map(({ client, file, name }) => ({ client, file, name: plain(name) })),
      secrets: adopted.secrets.map(({ name }) => name),
    })),
    files: plan.files.map(({ before }) => before.file),
    clients: [...clients],
    rights: rights.map(({ file, was, now }) => ({ file, was: octal(was), now: octal(now) })),
    envFiles: [...new Set(envFiles)],
    left: left.map(({ client, file, name, code, problem }) => ({
      ...{ client, file, name: plain(name), code },
      problem: plain(problem),
    })),
  }
}
