import type { ProviderProfile } from '../../store/config-schema.ts'

/**
 * What is publicly known of one provider: data, no behaviour. `{tenant}` stands for what the person names. A field that
 * no source confirms is left out; discovery finds it, or the person writes it.
 */
export interface Preset {
  readonly name: string
  readonly title: string
  /** Where the facts come from. */
  readonly sources: readonly string[]
  /** The vendor's own MCP server. */
  readonly serverUrl?: string
  readonly tenant?: Tenant
  readonly profile: Partial<
    Pick<
      ProviderProfile,
      'issuer' | 'quirks' | 'claims' | 'revokePage' | 'revocationEndsEveryGrant'
    >
  >
  /** Where a person takes access back, where that is a page of instructions that no profile has to name. */
  readonly connectionsPage?: string
  /** `by-hand`: Warder has to be registered at the provider by a person, who then gives its client ID. */
  readonly registration: 'automatic' | 'by-hand'
  /** What a person should know before they start. */
  readonly notes: readonly string[]
}

export interface Tenant {
  /** What to name, as it follows "Name". */
  readonly what: string
  readonly example: string
  readonly pattern: RegExp
  /** Taken where none is named; without it a name is needed. */
  readonly usual?: string
}

/** A host, and a path of plain segments where the pattern asks for one. */
export const host = String.raw`(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9](?::[1-9]\d{0,4})?`
