import { createHash } from 'node:crypto'
import type { Output } from '../../preload/contract/index.ts'
import { canonicalJson } from '../audit/canonical-json.ts'
import { isWarderError, toWarderError, WarderError } from '../errors.ts'
import { matches } from '../policy/glob.ts'
import { describe, type Server } from '../servers/servers.ts'
import { clearSecret } from '../store/clear-secrets.ts'
import { type Rule, serverSchema } from '../store/config-schema.ts'
import { putBackAdopted, wayBackOf, writeAdopted } from '../wiring/adoption/files.ts'
import {
  type AdoptedServer,
  type AdoptionPlan,
  type LeftServer,
  planAdoption,
} from '../wiring/adoption/plan.ts'
import { type AdoptionRecord, createAdoptionRecords } from '../wiring/adoption/records.ts'
import { diagnose } from '../wiring/doctor/diagnose.ts'
import { holdsSecret } from '../wiring/doctor/secrets.ts'
import type { ConfiguredServer } from '../wiring/types.ts'
import { revokeAll } from './accounts.ts'
import { letClientIn, removeClient } from './clients.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import { prepare, withPin } from './local-runs.ts'
import { bindSecrets } from './new-server.ts'
import type { Handlers } from './types.ts'

export function adoptionHandlers(
  house: ControlHouse,
): Handlers<'doctor:look' | 'adoptions:adopt' | 'adoptions:undo'> {
  const { config, presence, vault, wiring } = house
  const records = createAdoptionRecords(vault)
  return {
    async 'doctor:look'() {
      const { findings } = await diagnose(wiring.where, { home: house.home })
      return findings.map((finding) => ({ ...finding }))
    },
    async 'adoptions:adopt'({ dryRun, confirm: answer }) {
      house.stop.refuse()
      const intent = await prepared(house)
      const view = viewOf(intent)
      if (dryRun || intent.servers.length === 0) return { ...view, done: false }
      if (vault.kind === 'memory' || vault.kind === 'none')
        throw new WarderError(
          'adoption.forgetful_vault',
          'The vault would forget the credentials when Warder ends. Nothing was moved.',
        )
      const title = `Move ${count(intent.servers.length, 'server')} into Warder`
      await confirm(presence, { kind: 'adoption.adopt', title, lines: linesOf(intent) }, answer)
      // A person may take long to answer.
      house.stop.refuse()
      await adopt(house, intent, records)
      return { ...view, done: true }
    },
    async 'adoptions:undo'({ confirm: answer }) {
      const record = await records.last()
      if (record === null)
        throw new WarderError('adoption.none', 'Nothing was adopted that could be put back.')
      await confirm(
        presence,
        { kind: 'adoption.undo', title: 'Put adopted servers back', lines: undoLines(record) },
        answer,
      )
      for (const file of record.files) putBackAdopted(wiring, file)
      const kept = await removeServers(house, record)
      for (const client of record.clients)
        if (!isWired(house, client) && Object.hasOwn(config.current().clients, client))
          await removeClient(house, client)
      await records.forget(record)
      const servers = Object.keys(record.servers).filter((name) => !kept.includes(name))
      return { files: record.files.map(({ file }) => file), servers, kept }
    },
  }
}

interface Intent {
  readonly plan: AdoptionPlan
  readonly servers: readonly { readonly adopted: AdoptedServer; readonly server: Server }[]
  /** Clients that have to be let in. */
  readonly clients: readonly string[]
  /** For clients that are in already, and may not use the server yet. */
  readonly rules: readonly Rule[]
  readonly left: readonly LeftServer[]
}

/** A server that could not run here stays with its client, and so does what is wrong with it. */
async function prepared(house: ControlHouse): Promise<Intent> {
  const { config, secrets, wiring } = house
  const taken = {
    servers: new Set([
      ...Object.keys(config.current().servers),
      ...Object.keys(config.proposedServers()),
    ]),
    secrets: new Set(secrets.list().map(({ name }) => name)),
  }
  const unfit = new Map<string, string>()
  for (;;) {
    const plan = planAdoption(wiring, taken, (one) => holdsSecret(one) && !unfit.has(placeOf(one)))
    const servers: Intent['servers'][number][] = []
    let again = false
    for (const adopted of plan.servers) {
      try {
        servers.push({ adopted, server: await withPin(serverOf(adopted), house) })
      } catch (error) {
        for (const from of adopted.from) unfit.set(placeOf(from), toWarderError(error).message)
        again = true
      }
    }
    if (again) continue
    const left = [
      ...plan.left,
      ...[...unfit].map(([place, problem]) => ({ ...fromPlace(place), problem })),
    ]
    return { plan, servers, left, ...admissions(house, plan) }
  }
}

const placeOf = ({ client, file, name }: Pick<ConfiguredServer, 'client' | 'file' | 'name'>) =>
  JSON.stringify({ client, file, name })
const fromPlace = (place: string): Pick<ConfiguredServer, 'client' | 'file' | 'name'> =>
  JSON.parse(place)

function serverOf({ name, definition }: AdoptedServer): Server {
  const parsed = serverSchema.safeParse(definition)
  if (parsed.success && clearSecret(parsed.data) === null) return { name, definition: parsed.data }
  throw new WarderError(
    'usage.invalid',
    'Its definition cannot be written down without a credential in it.',
  )
}

function admissions({ config }: ControlHouse, { servers }: AdoptionPlan) {
  const { clients, rules } = config.current()
  const pairs = servers.flatMap(({ name, from }) =>
    from.map(({ client }) => [client, name] as const),
  )
  const isIn = (client: string) => Object.hasOwn(clients, client)
  const mayUse = (client: string, server: string) =>
    rules.some(
      (rule) =>
        rule.effect === 'allow' && matches(rule.client, client) && matches(rule.server, server),
    )
  return {
    clients: [...new Set(pairs.flatMap(([client]) => (isIn(client) ? [] : [client])))],
    rules: pairs.flatMap(([client, server]): Rule[] =>
      isIn(client) && !mayUse(client, server) ? [{ effect: 'allow', client, server }] : [],
    ),
  }
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`

/** Complete, so that the answer counts for exactly this. */
function linesOf({ servers, plan, clients, rules }: Intent): string[] {
  return [
    ...servers.flatMap(({ adopted, server }) => [
      ...adopted.from.map(({ client, file, name }) => `${name} of ${client} leaves ${file}`),
      ...describe(server),
    ]),
    ...plan.files.flatMap(({ before, entry, client }) =>
      entry === null ? [] : [`${client} starts Warder instead: ${before.file}`],
    ),
    ...clients.flatMap((client) => [
      `${client} gets a socket and a bearer of its own`,
      `${client} may then call every tool of every server, until you narrow the rules in config.json`,
    ]),
    ...rules.map(({ client, server }) => `${client} may call every tool of ${server}`),
  ]
}

function viewOf({ servers, plan, clients, left }: Intent): Omit<Output<'adoptions:adopt'>, 'done'> {
  return {
    servers: servers.map(({ adopted }) => ({
      name: adopted.name,
      from: adopted.from.map((one) => ({ ...one })),
      secrets: adopted.secrets.map(({ name }) => name),
    })),
    files: plan.files.map(({ before }) => before.file),
    clients: [...clients],
    left: left.map((one) => ({ ...one })),
  }
}

/** All of it or nothing: whatever was done is undone where a later step fails. */
async function adopt(
  house: ControlHouse,
  { plan, servers, clients, rules }: Intent,
  records: ReturnType<typeof createAdoptionRecords>,
): Promise<void> {
  const { config, secrets, wiring } = house
  const undo: (() => Promise<unknown>)[] = []
  const now = new Date()
  const record: AdoptionRecord = {
    id: createHash('sha256')
      .update(canonicalJson([now.toISOString(), servers.map(({ server }) => server.name)]))
      .digest('hex')
      .slice(0, 12),
    at: now.toISOString(),
    servers: Object.fromEntries(
      servers.map(({ adopted }) => [
        adopted.name,
        {
          definition: hashOf(serverOf(adopted).definition),
          secrets: adopted.secrets.map(({ name }) => name),
        },
      ]),
    ),
    clients: [...clients],
    rules: [...rules],
    files: plan.files.map(wayBackOf),
  }
  try {
    // Before anything else: whatever ends us in between, the way back is known.
    await records.keep(record)
    undo.push(() => records.forget(record))
    for (const { adopted } of servers)
      for (const { name, value } of adopted.secrets) {
        await secrets.set(name, value ?? '', null)
        undo.push(() => secrets.remove(name))
      }
    for (const { server } of servers) await bindSecrets(server, house)
    await addServers(house, servers, rules)
    undo.push(() =>
      dropServers(
        house,
        servers.map(({ server }) => server.name),
        rules,
      ),
    )
    for (const client of clients) {
      await letClientIn(house, client)
      undo.push(() => removeClient(house, client))
    }
    writeAdopted(wiring, plan.files, now)
  } catch (error) {
    // What left its file is here alone then, and the record says how it gets back.
    if (isWarderError(error, 'adoption.halfway')) throw error
    for (const step of undo.toReversed()) await step().catch(() => undefined)
    throw error
  }
  for (const { server } of servers)
    prepare(
      { name: server.name, definition: config.current().servers[server.name] ?? server.definition },
      house,
    )
}

function addServers({ config }: ControlHouse, servers: Intent['servers'], rules: readonly Rule[]) {
  return config.edit(
    (current) => ({
      ...current,
      servers: {
        ...current.servers,
        ...Object.fromEntries(servers.map(({ server }) => [server.name, server.definition])),
      },
      rules: [...current.rules, ...rules],
    }),
    (file) => {
      for (const { adopted } of servers) file.set(['servers', adopted.name], adopted.definition)
      for (const rule of rules) file.set(['rules', -1], rule)
    },
  )
}

function dropServers({ config }: ControlHouse, names: readonly string[], rules: readonly Rule[]) {
  const isOurs = (rule: Rule) => rules.some((one) => canonicalJson(one) === canonicalJson(rule))
  return config.edit(
    ({ servers, rules: all, ...current }) => ({
      ...current,
      servers: Object.fromEntries(
        Object.entries(servers).filter(([name]) => !names.includes(name)),
      ),
      rules: all.filter((rule) => !isOurs(rule)),
    }),
    (file) => {
      for (const name of names) file.set(['servers', name], undefined)
      // From the end, so that the places of the others hold.
      for (const [index, rule] of [...file.read().rules.entries()].toReversed())
        if (isOurs(rule)) file.set(['rules', index], undefined)
    },
  )
}

const hashOf = (definition: unknown) =>
  createHash('sha256').update(canonicalJson(definition)).digest('hex')

/** @returns servers that somebody changed since: they stay, with what they refer to */
async function removeServers(
  house: ControlHouse,
  { servers, rules }: AdoptionRecord,
): Promise<string[]> {
  const { config, secrets, logs } = house
  const written = config.proposedServers()
  const here = Object.keys(servers).filter((name) => Object.hasOwn(written, name))
  const kept = here.filter(
    (name) => hashOf(serverSchema.safeParse(written[name]).data) !== servers[name]?.definition,
  )
  const gone = here.filter((name) => !kept.includes(name))
  for (const name of gone)
    await revokeAll(house, (grant) => grant.server === name, `the adoption of ${name} was undone`)
  await dropServers(house, gone, rules)
  const known = new Set(secrets.list().map(({ name }) => name))
  for (const [name, { secrets: own }] of Object.entries(servers)) {
    if (kept.includes(name)) continue
    for (const secret of own) if (known.has(secret)) await secrets.remove(secret)
    await logs.remove(name)
  }
  return kept
}

const undoLines = ({ files, servers }: AdoptionRecord): string[] => [
  ...files.map(({ file }) => `${file} gets its servers back, with their credentials in clear text`),
  ...Object.entries(servers).map(([name, { secrets }]) =>
    [
      `${name} is removed from Warder`,
      ...secrets.map((secret) => `the secret ${secret} from the vault`),
    ].join(', '),
  ),
]

const isWired = ({ wiring }: ControlHouse, client: string) =>
  wiring.ledger.records().some((record) => record.client === client)
