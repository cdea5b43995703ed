import os from 'node:os'

/**
 * Who stands behind one message. The five principals of the design are user, client, agent, delegated user context and
 * service; the last three join as their doors are built. None of them is ever taken from what a client says of itself.
 */
export interface Principals {
  /** The person: the operating system's user. */
  readonly user: string
  /** The registered client whose socket or bearer was used. */
  readonly client: string
  /** `same-user`: reached through a socket that any program of this user may open. `bearer`: held this client's token. */
  readonly proof: 'same-user' | 'bearer'
  /** The downstream session, for the audit only; never a credential. */
  readonly session: string
}

/** The name of the operating system's user, as it is written into the audit. */
export function currentUser(): string {
  try {
    return os.userInfo().username
  } catch {
    // A container may run under a number that no user database knows.
    return `uid-${process.getuid?.() ?? 'unknown'}`
  }
}
