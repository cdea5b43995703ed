import type { Surroundings } from './token-caches/types.ts'

/** Every MCP client whose configuration Warder can read and write, by the name that the command line takes. */
export const clientIds = [
  'claude-desktop',
  'claude-code',
  'cursor',
  'vscode',
  'vscode-insiders',
  'windsurf',
  'zed',
  'codex',
  'gemini',
  'goose',
] as const

export type ClientId = (typeof clientIds)[number]

/** `user`: everywhere. `project`: one folder, in a file that can be committed. */
export type Scope = 'user' | 'project'

/** Where to look, as the clients themselves do. `platform` chooses among their rules; paths are this system's. */
export interface Where extends Surroundings {
  /** Absolute; the folder that project files belong to. */
  readonly folder: string
}

/** How a client starts the shim: absolute, without a secret, and without a variable that it would have to inherit. */
export interface ShimCommand {
  readonly command: string
  readonly args: readonly string[]
}

/** One client's ways. What differs is data; `main/wiring` does the same with each. */
export interface WiringClient {
  readonly id: ClientId
  /** As its maker writes it. */
  readonly title: string
  readonly format: FormatName
  /** Member names from the top of the file down to the servers, which are an object by name. */
  readonly servers: readonly string[]
  /** Further places of servers in the same file, such as those of one project; only read. */
  readonly otherServers?: (content: unknown) => (readonly string[])[]
  /** The user's file, as the installed build reads it. */
  readonly userFile: (where: Where) => string
  /** A project's file, from the project's folder; null where the client has none. */
  readonly projectFile: string | null
  /** What is there where the client is installed, beside its file: folders, programs. */
  readonly traces: (where: Where) => readonly string[]
  /** Names of its programs that may be found on `PATH`. */
  readonly programs: readonly string[]
  /** Names of its processes, as the system shows them. */
  readonly processes: readonly string[]
  /** What Warder writes for it. */
  readonly entry: (shim: ShimCommand) => Record<string, unknown>
  /** How a committed file says "the home directory of whoever reads this"; null where the client knows no way. */
  readonly homeVariable: 'environment' | 'userHome' | null
  /** What has to be done while it runs so that a change of its file is read: the second half of "If it runs, …". */
  readonly reload: string
  /** What it wants of a person, in a sentence, before it starts a server that it did not know; null where it just does. */
  readonly first: Readonly<Record<Scope, string | null>>
  /** What a browser opens so that the client asks whether to add the server; null where it has no such link. */
  readonly link: ((name: string, entry: Record<string, unknown>) => string) | null
  /** What its own command line takes to add the server for its user; null where it has none that is safe. */
  readonly ownCommand: ((name: string, shim: ShimCommand) => readonly string[]) | null
}

/** `json`: as strict as the client's own reader. `jsonc`: comments and commas at the end are usual there. */
export type FormatName = 'json' | 'jsonc' | 'toml' | 'yaml'

/** A text format that is edited in place: every byte that does not belong to the value stays. */
export interface Format {
  /** @throws Error where the client could not read it; an empty text is an empty object */
  parse(text: string): unknown
  /** Sets one member of the object at the path, and makes what is missing above it. */
  put(text: string, at: readonly string[], value: Record<string, unknown>): string
  /** The same text without that member. */
  remove(text: string, at: readonly string[]): string
}

/** One server as a client has it. Its values may be secrets: nobody shows or logs them. */
export interface ConfiguredServer {
  readonly client: ClientId
  readonly scope: Scope
  readonly file: string
  /** Member names from the top of the file down to it. */
  readonly at: readonly string[]
  readonly name: string
  readonly transport: 'stdio' | 'http' | 'sse' | 'unknown'
  readonly command: string | null
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly url: string | null
  readonly headers: Readonly<Record<string, string>>
  /** False where the client has it but does not start it. */
  readonly enabled: boolean
  /** It starts Warder's shim, or is told to call Warder. */
  readonly ours: boolean
  /** All of it, as the client's reader gives it. */
  readonly raw: unknown
}

/** A client's file as it is now. */
export interface ClientFile {
  readonly client: ClientId
  readonly scope: Scope
  /** As the client names it: it may be a link. */
  readonly file: string
  /** `unusable`: it is there, and cannot be read or is no file of this user. */
  readonly state: 'absent' | 'read' | 'broken' | 'unusable'
  /** Why it is broken or unusable, in a sentence that quotes nothing of it; null else. */
  readonly problem: string | null
  readonly servers: readonly ConfiguredServer[]
  /** Other users of this machine can read it. */
  readonly readableByOthers: boolean
}

/** A client as it is found on this machine. */
export interface FoundClient {
  readonly client: WiringClient
  readonly installed: boolean
  /** Null where the system does not tell. */
  readonly running: boolean | null
  /** The user's file first; a project's where the client has such. */
  readonly files: readonly ClientFile[]
}
