import { z } from 'zod'
import { instant } from './views.ts'

/** What only a person looks at: help with new servers, costs, sums. */

export const presetView = z.object({
  name: z.string(),
  title: z.string(),
  /** The vendor's own MCP server, with `{tenant}` where a name has to be put in; null where the person gives it. */
  url: z.string().nullable(),
  /** What has to be named, such as a company's domain; `usual` is taken where nothing is. */
  tenant: z
    .object({ what: z.string(), example: z.string(), usual: z.string().nullable() })
    .nullable(),
  /** `by-hand`: a person has to register Warder there first. */
  registration: z.enum(['automatic', 'by-hand']),
  notes: z.array(z.string()),
})

/** What a server asks of a stranger. */
export const preflightView = z.object({
  asks: z.enum(['sign-in', 'key', 'nothing', 'unknown']),
  status: z.number().int(),
  found: z
    .object({
      issuer: z.string(),
      otherIssuers: z.array(z.string()),
      resource: z.string(),
      scopes: z.array(z.string()),
      registration: z.enum(['document', 'dynamic', 'by-hand']),
      device: z.boolean(),
      /** The provider lets programs in as themselves (`auth: service`). */
      services: z.boolean(),
      revocation: z.boolean(),
      introspection: z.boolean(),
    })
    .nullable(),
  problem: z.object({ code: z.string(), message: z.string() }).nullable(),
})

const knownTool = z.object({
  name: z.string(),
  description: z.string().nullable(),
  /** About how many tokens its definition costs: four characters of name, description and schema are counted as one. */
  tokens: z.number().int(),
})

/** A server in what a person pasted, with references in the place of credentials. */
export const readServerView = z.object({
  name: z.string(),
  /** As config.json would have it; null where it cannot be added. */
  definition: z.record(z.string(), z.unknown()).nullable(),
  /** What goes into the vault, by what it is for; `given`: its value is in the text. */
  secrets: z.array(z.object({ title: z.string(), given: z.boolean() })),
  /** Why it cannot be added, in a sentence; null where it can. */
  problem: z.string().nullable(),
})

export const testView = z.object({
  protocolVersion: z.string(),
  server: z.object({ name: z.string(), version: z.string() }),
  tools: z.array(z.string()),
  described: z.array(knownTool),
  latencyMs: z.number(),
})

export const serverToolsView = z.object({
  server: z.string(),
  /** Null where nobody has listed its tools yet. */
  heardAt: instant.nullable(),
  tools: z.array(
    knownTool.extend({
      /** The rules let the client that was asked about call it. */
      allowed: z.boolean(),
    }),
  ),
})

/** A process of a local server. */
export const runningView = z.object({
  server: z.string(),
  pid: z.number().int(),
  /** Accounts whose tokens it holds. */
  accounts: z.array(z.string()),
})

/** The version of a package that was approved, and the one that runs from now on. */
export const packageUpdateView = z.object({
  package: z.string(),
  before: z.string(),
  version: z.string(),
  /** False where there is no other. */
  changed: z.boolean(),
})

/** What a local server runs from, on its way from its registry. */
export const installingView = z.object({
  server: z.string(),
  /** Of the package. */
  name: z.string(),
  version: z.string(),
  since: instant,
})

export const summaryView = z.object({
  /** Length of a stretch in milliseconds. */
  step: z.number(),
  since: instant,
  /** False where the audit is too long to be read whole for this: the oldest are missing. */
  whole: z.boolean(),
  buckets: z.array(
    z.object({
      at: instant,
      client: z.string(),
      calls: z.number().int(),
      refused: z.number().int(),
      failed: z.number().int(),
      meanMs: z.number().nullable(),
      slowestMs: z.number().nullable(),
    }),
  ),
})

export const updatesView = z.object({
  /** Where releases are; null where this build knows no place. */
  place: z.string().nullable(),
  daily: z.boolean(),
  lookedAt: instant.nullable(),
  newer: z.object({ version: z.string(), page: z.string() }).nullable(),
  /** Why the last look ended without an answer. */
  problem: z.string().nullable(),
  /** What a person does with a newer version. */
  install: z.string(),
})

export const licencesView = z.object({
  /** Of what the page is built of, and of the packages of the app. */
  page: z.string(),
  /** Files with those of Electron and Chromium, where they came along. */
  runtime: z.array(z.string()),
})

export type PresetView = z.infer<typeof presetView>
export type PreflightView = z.infer<typeof preflightView>
export type TestView = z.infer<typeof testView>
export type ServerToolsView = z.infer<typeof serverToolsView>
export type RunningView = z.infer<typeof runningView>
export type InstallingView = z.infer<typeof installingView>
export type SummaryView = z.infer<typeof summaryView>
