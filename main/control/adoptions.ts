import { createHash } from 'node:crypto'
import path from 'node:path'
import { canonicalJson } from '../audit/canonical-json.ts'
import { isWarderError, WarderError } from '../errors.ts'
import { type Rule, serverSchema } from '../store/config-schema.ts'
import { putBackAdopted, refuseGone, wayBackOf, writeAdopted } from '../wiring/adoption/files.ts'
import { type AdoptionRecord, createAdoptionRecords } from '../wiring/adoption/records.ts'
import { backwards, changeRights, octal } from '../wiring/adoption/rights.ts'
import { diagnose, onceEach, worstFirst } from '../wiring/doctor/diagnose.ts'
import { vaultFindings } from '../wiring/doctor/vault-values.ts'
import { findClients } from '../wiring/find-clients.ts'
import { revokeAll } from './accounts.ts'
import {
  adoptionLines,
  adoptionView,
  definitionOf,
  type Intent,
  nameTaken,
  prepareAdoption,
  refuseTaken,
} from './adoption-intent.ts'
import { letClientIn, removeClient } from './clients.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import { prepare } from './local-runs.ts'
import { bindSecrets } from './new-server.ts'
import type { Handlers } from './types.ts'

export function adoptionHandlers(
  house: ControlHouse,
): Handlers<'doctor:look' | 'doctor:vault' | 'adoptions:adopt' | 'adoptions:undo'> {
  const { config, presence, vault, vaultValues, wiring } = house
  const records = createAdoptionRecords(vault)
  return {
    async 'doctor:look'() {
      const { findings, clients } = await diagnose(wiring.where, { home: house.home })
      const labelsIn = await vaultValues.learn().catch(() => () => [])
      const files = onceEach(clients.flatMap((client) => client.files))
      return worstFirst([...findings, ...vaultFindings(files, labelsIn)]).map((one) => ({ ...one }))
    },
    async 'doctor:vault'({ folder = wiring.where.folder }) {
      const labelsIn = await vaultValues.learn()
      const clients = findClients({ ...wiring.where, folder: absolute(folder) }, () => null)
      const files = onceEach(clients.flatMap((client) => client.files))
      return vaultFindings(files, labelsIn).map((one) => ({ ...one }))
    },
    async 'adoptions:adopt'({ dryRun, folder = wiring.where.folder, duplicates, confirm: answer }) {
      house.stop.refuse()
      const intent = await prepareAdoption(house, { folder: absolute(folder), duplicates })
      const view = adoptionView(intent)
      if (dryRun || intent.servers.length + intent.rights.length === 0)
        return { ...view, done: false }
      if (vault.kind === 'memory' || vault.kind === 'none')
        throw new WarderError(
          'adoption.forgetful_vault',
          'The vault would forget the credentials when Warder ends. Nothing was moved.',
        )
      const title =
        intent.servers.length === 0
          ? `Take rights to ${count(intent.rights.length, 'file')} from others`
          : `Move ${count(intent.servers.length, 'server')} into Warder`
      await confirm(
        presence,
        { kind: 'adoption.adopt', title, lines: adoptionLines(intent) },
        answer,
      )
      // A person may take long to answer.
      house.stop.refuse()
      refuseTaken(intent, house)
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
      refuseGone(record.files)
      for (const file of record.files) putBackAdopted(wiring, file)
      for (const one of record.rights) changeRights(backwards(one))
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

const absolute = (folder: string): string => {
  if (path.isAbsolute(folder)) return folder
  throw new WarderError('usage.invalid', 'The folder of a project is an absolute path.')
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`

/** All of it or nothing: whatever was done is undone where a later step fails. */
async function adopt(
  house: ControlHouse,
  { plan, servers, clients, rules, rights }: Intent,
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
          definition: hashOf(definitionOf(adopted)),
          secrets: adopted.secrets.map(({ name }) => name),
        },
      ]),
    ),
    clients: [...clients],
    rules: [...rules],
    rights: [...rights],
    files: plan.files.map(wayBackOf),
  }
  try {
    // Before anything else: whatever ends us in between, the way back is known.
    await records.keep(record)
    undo.push(() => records.forget(record))
    for (const { adopted } of servers)
      for (const { name, value } of adopted.secrets) {
        if (secrets.list().some((one) => one.name === name)) throw nameTaken('secret', name)
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
    for (const one of rights)
      if (changeRights(one)) undo.push(async () => changeRights(backwards(one)))
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
    (current) => {
      const taken = servers.find(({ server }) => Object.hasOwn(current.servers, server.name))
      if (taken !== undefined) throw nameTaken('server', taken.server.name)
      return {
        ...current,
        servers: {
          ...current.servers,
          ...Object.fromEntries(servers.map(({ server }) => [server.name, server.definition])),
        },
        rules: [...current.rules, ...rules],
      }
    },
    (file) => {
      const written = file.read().servers
      const taken = servers.find(({ server }) => Object.hasOwn(written, server.name))
      if (taken !== undefined) throw nameTaken('server', taken.server.name)
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

const undoLines = ({ files, servers, rights }: AdoptionRecord): string[] => [
  ...files.map(({ file }) => `${file} gets its servers back, with their credentials in clear text`),
  ...rights.map(({ file, was }) => `others get their rights to ${file} back: ${octal(was)}`),
  ...Object.entries(servers).map(([name, { secrets }]) =>
    [
      `${name} is removed from Warder`,
      ...secrets.map((secret) => `the secret ${secret} from the vault`),
    ].join(', '),
  ),
]

const isWired = ({ wiring }: ControlHouse, client: string) =>
  wiring.ledger.records().some((record) => record.client === client)
