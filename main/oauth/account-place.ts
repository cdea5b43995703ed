import { type Person, plain } from './account.ts'
import type { AccountOwner, GrantRow, Repository } from './repository.ts'

/** Which account a sign-in belongs to, and what it is called. */
export interface Place {
  readonly account: string
  readonly label: string | null
  /** The grant of the same account, which the new one renews. */
  readonly earlier: GrantRow | undefined
  /** Who named it; `nobody`: the person is to be asked. */
  readonly named: 'provider' | 'person' | 'nobody'
  /** The account that the person wanted to sign in again, where somebody else has signed in. */
  readonly insteadOf: string | null
}

type Rows = Pick<Repository, 'grants' | 'ownerOf'>

/**
 * A grant is renewed by the same person at the same provider only, told by issuer and subject. A name alone does that
 * where the provider names nobody. A name that is, or once was, somebody else's gets a number: `ada@example.com#2`.
 */
export function placeAccount(
  repository: Rows,
  at: { readonly server: string; readonly issuer: string },
  person: Person,
  wish: string | undefined,
): Place {
  const { server, issuer } = at
  const rows = repository
    .grants()
    .filter((row) => row.server === server && row.state !== 'revoking')
  const people = rows.filter((row) => row.kind === 'person')
  const owner = person.subject === null ? null : { issuer, subject: person.subject }
  const label = plain(wish)
  const asked = people.find((row) => row.account === label || (row.label ?? row.account) === label)
  const earlier = people.find((row) => isSame(row, owner)) ?? heir(people, person, label, issuer)
  const other = asked !== undefined && asked.id !== earlier?.id ? asked : undefined
  const ownLabel = other === undefined ? label : null
  const named = person.name !== null ? 'provider' : ownLabel !== null ? 'person' : 'nobody'
  const wanted = person.name ?? ownLabel ?? earlier?.account ?? plain(person.subject) ?? 'default'
  const isFree = (name: string) => isFreeFor(name, owner, { repository, rows, server, earlier })
  const account = numbered(wanted, earlier, isFree)
  const isAlias = ownLabel !== null && ownLabel !== account && isFree(ownLabel)
  return {
    account,
    label: isAlias ? ownLabel : (earlier?.label ?? null),
    earlier,
    // What it was called before is a name, unless that was nobody's either.
    named: named === 'nobody' && earlier !== undefined ? 'person' : named,
    insteadOf: other?.account ?? null,
  }
}

function isSame(row: GrantRow, owner: AccountOwner | null): boolean {
  return owner !== null && row.issuer === owner.issuer && row.subject === owner.subject
}

/** The grant of that name whose person no provider has named yet. One that is somebody's is never taken over. */
function heir(
  rows: readonly GrantRow[],
  person: Person,
  label: string | null,
  issuer: string,
): GrantRow | undefined {
  const name = person.name ?? label ?? plain(person.subject) ?? 'default'
  return rows.find((row) => row.subject === null && row.account === name && row.issuer === issuer)
}

interface Among {
  readonly repository: Rows
  readonly rows: readonly GrantRow[]
  readonly server: string
  readonly earlier: GrantRow | undefined
}

export function isFreeFor(
  name: string,
  owner: AccountOwner | null,
  { repository, rows, server, earlier }: Among,
): boolean {
  const others = rows.filter(({ id }) => id !== earlier?.id)
  if (others.some(({ account, label }) => account === name || label === name)) return false
  const known = repository.ownerOf(server, name)
  return known === null || (known.issuer === owner?.issuer && known.subject === owner.subject)
}

/**
 * What a grant is called that no person signed in for. A name is that of a person, a service or an exchange; the others
 * get a number.
 */
export function placeUnattended(
  repository: Rows,
  at: { readonly server: string; readonly kind: GrantRow['kind'] },
  name: string,
): Pick<Place, 'account' | 'earlier'> {
  const { server, kind } = at
  const rows = repository
    .grants()
    .filter((row) => row.server === server && row.state !== 'revoking')
  const earlier = rows.find((row) => row.kind === kind && isNameOf(row, name))
  const isFree = (one: string) => isFreeFor(one, null, { repository, rows, server, earlier })
  return { account: earlier?.account ?? numbered(name, undefined, isFree), earlier }
}

const isNameOf = ({ account }: GrantRow, name: string) =>
  account === name || (account.startsWith(`${name}#`) && /^#\d+$/.test(account.slice(name.length)))

/** The name itself where it is free, what the account is called already where that is the same name with a number. */
function numbered(
  name: string,
  earlier: GrantRow | undefined,
  isFree: (name: string) => boolean,
): string {
  if (earlier !== undefined && earlier.account !== name && isNameOf(earlier, name))
    return earlier.account
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}#${number}`
    if (isFree(candidate)) return candidate
  }
}
