import type { ForeignGrant } from '../../oauth/foreign-grant.ts'

/** Where to look, as the programs themselves do. */
export interface Surroundings {
  /** The home directory of the user. */
  readonly home: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
}

/**
 * A grant that another program keeps in a plain file. Its tokens are secrets: nothing of it but what the contract has room
 * for is shown.
 */
export interface CachedGrant extends ForeignGrant {
  readonly file: string
  /** Where in the file, as member names; empty where the file is this grant and nothing else. */
  readonly entry: readonly (string | number)[]
  /** Further files that belong to this grant alone, to be shredded with it. */
  readonly companions: readonly string[]
  /** What the program calls the server; null where it does not say. */
  readonly serverName: string | null
  /** True where other users of this machine can read it. */
  readonly readableByOthers: boolean
}

/** One program's way of keeping tokens. */
export interface TokenCache {
  readonly program: string
  /** @returns the files to look at, whether they are there or not */
  files(where: Surroundings): readonly string[]
  /** Reads one of them; what is not a token of an MCP server is left out, and so never shown nor shredded. */
  read(file: CacheFile): readonly CachedGrant[]
}

export interface CacheFile {
  readonly path: string
  readonly text: string
  readonly writtenAt: number
  readonly readableByOthers: boolean
  /** Text of a file beside it; null where there is none that may be read. */
  readonly beside: (name: string) => string | null
}
