import { toWarderError, WarderError } from '../errors.ts'
import type { Repository } from './repository.ts'
import { checkScopes } from './scopes.ts'
import type { Grant, LackedScope, ScopeChallenge } from './types.ts'

/**
 * Calls that were refused for want of scopes, until a person signs in for more (MCP 2026-07-28, Scope Challenge
 * Handling). Nothing here opens a browser: the call is told what is missing, and `warder connect` asks for it.
 */
export interface StepUps {
  /**
   * @returns the error to answer the call with: `grant.scopes_needed` where signing in may help, `grant.scopes_refused`
   *   where it will not, `oauth.metadata_invalid` where the server wants what is no scope
   */
  needed(grant: Grant, challenge: ScopeChallenge): WarderError
  /**
   * What a sign-in asks for: the usual scopes, and where calls waited for more, or a person wishes for more, those granted
   * and those needed too.
   */
  union(
    server: string,
    issuer: string,
    usual: readonly string[],
    wished?: readonly string[],
  ): readonly string[]
  /** What calls lacked that the account still lacks. */
  lacking(grant: Pick<Grant, 'server' | 'scopes'>): readonly LackedScope[]
  /** A person signed in at the server after these scopes were asked for. */
  asked(server: string, scopes: readonly string[]): void
}

/** Who did not get a scope at so many sign-ins is not sent to another one. */
const MOST_ASKED = 2
/** A server that thinks up a new scope for each call cannot fill our memory, or the page of a provider. */
const MOST_SCOPES = 50
/** Calls that are named for one scope. */
const MOST_OPERATIONS = 20

interface Want {
  /** Sign-ins that asked for it. */
  asked: number
  readonly operations: Set<string>
}

export function createStepUps(repository: Pick<Repository, 'grants'>): StepUps {
  /** Server → scope that a call lacked. */
  const wanted = new Map<string, Map<string, Want>>()

  function remember(server: string, scopes: readonly string[], operation: string) {
    const known = wanted.get(server) ?? new Map<string, Want>()
    wanted.set(server, known)
    for (const scope of scopes) {
      if (!known.has(scope) && known.size < MOST_SCOPES)
        known.set(scope, { asked: 0, operations: new Set() })
      const operations = known.get(scope)?.operations
      if (operations !== undefined && operations.size < MOST_OPERATIONS) operations.add(operation)
    }
    return known
  }

  function judge(grant: Grant, { scopes, operation, configured }: ScopeChallenge): WarderError {
    const { server } = grant
    const account = `${server}/${grant.account}`
    const asked = checkScopes(scopes, 'The challenge of the server')
    const missing = asked.filter((scope) => !grant.scopes.includes(scope))
    if (missing.length === 0) {
      const what =
        asked.length === 0 ? 'a scope that it does not name' : `${list(asked)}, which it has`
      return refused(
        `${server} refuses ${operation} to ${account} for want of ${what}. Signing in again would change nothing.`,
      )
    }
    const beyond = missing.filter((scope) => configured?.includes(scope) === false)
    if (beyond.length > 0)
      return refused(
        `For ${operation}, ${server} wants ${list(beyond)}, but its definition asks for other scopes only. Add what is missing to its \`scopes\` and connect again.`,
      )
    const known = remember(server, missing, operation)
    if (missing.some((scope) => (known.get(scope)?.asked ?? 0) >= MOST_ASKED))
      return refused(
        `For ${operation}, ${server} wants ${list(missing)}, which was asked for at ${MOST_ASKED} sign-ins and not granted to ${account}.`,
      )
    return new WarderError(
      'grant.scopes_needed',
      `For ${operation}, ${account} needs ${list(missing)} too: run \`warder connect ${server}\`, which asks for it.`,
      { details: { server, account: grant.account, scopes: missing, operation } },
    )
  }

  return {
    needed(grant, challenge) {
      try {
        return judge(grant, challenge)
      } catch (error) {
        return toWarderError(error)
      }
    },

    union(server, issuer, usual, wished = []) {
      const more = wanted.get(server)
      if (more === undefined && wished.length === 0) return usual
      const granted = repository
        .grants()
        .filter(
          (row) => row.server === server && row.issuer === issuer && row.state === 'connected',
        )
        .flatMap((row) => row.scopes)
      const asked = checkScopes(wished, 'What was asked for')
      return [...new Set([...usual, ...granted, ...(more?.keys() ?? []), ...asked])]
    },

    lacking({ server, scopes }) {
      return [...(wanted.get(server) ?? [])]
        .filter(([scope]) => !scopes.includes(scope))
        .map(([scope, { operations }]) => ({ scope, operations: [...operations] }))
    },

    asked(server, scopes) {
      const known = wanted.get(server)
      for (const [scope, want] of known ?? []) if (scopes.includes(scope)) want.asked += 1
    },
  }
}

/**
 * What a person fixed in a definition is all that a sign-in asks for, whoever wishes for more.
 *
 * @throws WarderError `usage.invalid`
 */
export function refuseBeyond(
  server: string,
  fixed: readonly string[],
  wished: readonly string[] = [],
): void {
  const beyond = wished.filter((scope) => !fixed.includes(scope))
  if (beyond.length > 0)
    throw new WarderError(
      'usage.invalid',
      `The definition of ${server} says which scopes are asked for. Add ${list(beyond)} to its \`scopes\` first.`,
    )
}

const list = (scopes: readonly string[]) =>
  `the scope${scopes.length === 1 ? '' : 's'} ${scopes.join(', ')}`

const refused = (message: string) => new WarderError('grant.scopes_refused', message)
