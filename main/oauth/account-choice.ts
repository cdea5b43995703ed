import { WarderError } from '../errors.ts'
import type { Config } from '../store/config-schema.ts'
import { isWithin, segments } from '../store/folders.ts'
import type { Asker } from './asker.ts'
import { signInNeeded } from './grant-errors.ts'
import type { GrantRow } from './repository.ts'

/** Which account of a server a person chose for whoever asks, and where that is written. */
export interface Choice {
  readonly account: string
  readonly by: 'folder' | 'client' | 'server'
  /** As it is written; null where no folder decides. */
  readonly folder: string | null
}

export type Choices = Pick<Config, 'servers' | 'clients'>

/**
 * The choice that holds: the longest folder of the client that names the server, the client's own, the server's.
 *
 * @param real the path of a folder with its symbolic links followed
 * @returns null where nobody chose
 */
export function chosenAccount(
  { servers, clients }: Choices,
  server: string,
  { client, folder }: Asker,
  real: (folder: string) => string,
): Choice | null {
  const own = client === null ? undefined : pick(clients, client)
  const rules = folder === null ? [] : (own?.folders ?? [])
  const [rule] = rules
    .flatMap((one) => {
      const account = pick(one.accounts, server)
      if (account === undefined) return []
      const path = real(one.folder)
      return isWithin(folder ?? '', path)
        ? [{ account, folder: one.folder, depth: segments(path).length }]
        : []
    })
    .sort((a, b) => b.depth - a.depth)
  if (rule !== undefined) return { account: rule.account, by: 'folder', folder: rule.folder }
  const ofClient = pick(own?.accounts ?? {}, server)
  if (ofClient !== undefined) return { account: ofClient, by: 'client', folder: null }
  const definition = pick(servers, server)
  const ofServer = definition && 'account' in definition ? definition.account : undefined
  return ofServer === undefined ? null : { account: ofServer, by: 'server', folder: null }
}

type Candidate = Pick<GrantRow, 'server' | 'account' | 'label' | 'state' | 'since' | 'id'>

/** The accounts of a server that answer to a name that a person chose; more than one is one too many. */
export const named = <Row extends Candidate>(rows: readonly Row[], server: string, name: string) =>
  live(rows, server).filter((row) => row.account === name || row.label === name)

/** The account that is used where nobody chose: the one that has been there longest, whatever its state. */
export const earliest = <Row extends Candidate>(rows: readonly Row[], server: string) =>
  live(rows, server).sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))[0]

const live = <Row extends Candidate>(rows: readonly Row[], server: string) =>
  rows.filter((row) => row.server === server && row.state !== 'revoking')

/**
 * The grant to use. A choice is never replaced by another account: where the chosen one cannot be used, nothing is.
 *
 * @throws WarderError `grant.sign_in_needed`, `grant.ambiguous`
 */
export function pickGrant<Row extends Candidate>(
  rows: readonly Row[],
  server: string,
  asker: Asker,
  choice: Choice | null,
): Row {
  if (choice === null) {
    const row = earliest(rows, server)
    if (row !== undefined) return row
    throw signInNeeded({ server, account: null })
  }
  const [only, ...others] = named(rows, server, choice.account)
  if (only !== undefined && others.length === 0) return only
  if (only === undefined)
    throw new WarderError('grant.sign_in_needed', dangling(server, asker.client, choice), {
      details: { server },
    })
  throw new WarderError(
    'grant.ambiguous',
    `More than one account of ${server} answers to ${choice.account}: choose one with \`${chooseWith(server, 'ACCOUNT', asker.client, choice)}\`.`,
  )
}

/** What is wrong with a choice whose account is not there, and what mends it. */
export function dangling(server: string, client: string | null, choice: Choice): string {
  const who = choice.by === 'server' || client === null ? server : `${client} at ${server}`
  const where = choice.folder === null ? '' : ` in ${choice.folder}`
  return `The account ${choice.account} was chosen for ${who}${where}, and nobody is signed in as that: run \`warder connect ${server} --account ${choice.account}\`, or choose another with \`${chooseWith(server, 'ACCOUNT', client, choice)}\`. No other account is used in its place.`
}

function chooseWith(
  server: string,
  account: string,
  client: string | null,
  { by, folder }: Choice,
): string {
  const scope = by === 'server' || client === null ? '' : ` --client ${client}`
  const where = folder === null ? '' : ` --folder ${folder}`
  return `warder accounts use ${server}/${account}${scope}${where}`
}

function pick<T>(all: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined
}
