import { WarderError } from '../errors.ts'
import type { Dialer } from '../net/dialer.ts'

/** Where the releases of this build are, as a web address without a slash at its end. */
export type Place = string & { readonly place: unique symbol }

/** `repository` of package.json (npm, package.json), on the one host that the release workflow publishes to. */
const REPOSITORY =
  /^(?:github:|(?:git\+)?https:\/\/github\.com\/)(?<owner>[A-Za-z0-9][A-Za-z0-9-]{0,38})\/(?<name>[A-Za-z0-9][A-Za-z0-9._-]{0,99}?)(?:\.git)?$/

/** @returns null where nobody has decided on a place: then this build looks nowhere */
export function placeOf(repository: unknown, base = 'https://github.com'): Place | null {
  const url =
    typeof repository === 'object' && repository !== null && 'url' in repository
      ? repository.url
      : repository
  const { owner, name } = REPOSITORY.exec(typeof url === 'string' ? url : '')?.groups ?? {}
  return owner === undefined ? null : (`${base}/${owner}/${name}` as Place)
}

/** Milliseconds. */
const PATIENCE = 10_000

/**
 * The newest release: one GET of the address that leads to its page. Where it leads says the version, so nothing is read,
 * followed or parsed, and nothing of this Warder is said but that it asks.
 *
 * @returns `1.2.3`; null where nothing was released yet
 * @throws WarderError `net.*`, `update.unreadable`
 */
export async function newestRelease(dialer: Dialer, place: Place): Promise<string | null> {
  const response = await dialer.fetch({ serverUrl: place })(`${place}/releases/latest`, {
    headers: { accept: 'text/html', 'user-agent': 'warder' },
    signal: AbortSignal.timeout(PATIENCE),
  })
  await response.body?.cancel()
  const target = response.headers.get('location')
  if (response.status === 302 && target === `${place}/releases`) return null
  const version = target?.startsWith(pageOf(place, ''))
    ? target.slice(pageOf(place, '').length)
    : ''
  if (response.status === 302 && numbersOf(version) !== null) return version
  throw new WarderError(
    'update.unreadable',
    `The place of the releases answered ${response.status} and names no version.`,
  )
}

/** The page of a release, for a person to read and to download from. */
export const pageOf = (place: Place, version: string): string => `${place}/releases/tag/v${version}`

/** Of two versions as the releases are named; what is none is never newer. */
export function isNewer(version: string, than: string): boolean {
  const [one, other] = [numbersOf(version), numbersOf(than)]
  if (one === null || other === null) return false
  const at = one.findIndex((number, index) => number !== other[index])
  return at !== -1 && (one[at] ?? 0) > (other[at] ?? 0)
}

function numbersOf(version: string): number[] | null {
  const parts = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})$/.exec(version)
  return parts === null ? null : parts.slice(1).map(Number)
}
