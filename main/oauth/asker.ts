/** Who asks for a server's token. A client without one: the person's own test of a server. */
export interface Asker {
  readonly client: string | null
  /** Where its shim was started, as the shim says: a label that tells projects apart, and no proof of anything. */
  readonly folder: string | null
}

export const NOBODY: Asker = { client: null, folder: null }
