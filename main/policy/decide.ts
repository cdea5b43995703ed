import type { Principals } from '../identity/principals.ts'
import type { Rule } from '../store/config-schema.ts'
import { matches } from './glob.ts'
import { spellingsOf } from './spellings.ts'
import type { StandstillCode } from './standstill.ts'
import { isPlainToolName } from './tool-names.ts'

/** What a message wants, in the words the rules speak. */
export type Operation =
  | { readonly kind: 'tool' | 'resource' | 'prompt'; readonly name: string }
  /** Opening, lists, pings and notifications: allowed where the client may do anything at all at the server. */
  | { readonly kind: 'session' }
  /** Any other method, known or not: only a rule for the whole server lets it pass. */
  | { readonly kind: 'other'; readonly name: string }

export interface DecisionRequest {
  readonly principals: Principals
  readonly server: string
  readonly operation: Operation
}

export interface Decision {
  readonly effect: 'allow' | 'deny'
  /** The deciding rule as a person would write it, or why none decided. Goes into the audit. */
  readonly rule: string
  /** Where it is not a rule that says no. */
  readonly code?: StandstillCode | 'policy.tool_held'
}

/** What is known of a tool: taken into use, waiting for a person, or never listed (ADR 22). */
export type PinWord = 'approved' | 'held' | 'unknown'

/** The decision point. The same function answers for a call and for each line of a list. Never throws. */
export type Decide = (request: DecisionRequest) => Decision

/**
 * One rule table, deny overrides, no match is deny (ADR 5). Globs are matched against whole names; case matters, since
 * MCP names are case-sensitive.
 */
export function createDecide(options: {
  rules: () => readonly Rule[]
  isClient: (name: string) => boolean
  /** Nothing passes, whatever the rules say. */
  standstill?: () => StandstillCode | null
  /** Absent: no tool was ever looked at by a person. */
  pinned?: (server: string, tool: string) => PinWord
}): Decide {
  return (request) => {
    try {
      const code = options.standstill?.() ?? null
      if (code !== null) return { effect: 'deny', rule: standstillRules[code], code }
      if (!options.isClient(request.principals.client))
        return { effect: 'deny', rule: 'unknown client' }
      // Without a name that can be read, a deny rule cannot be asked whether it means this one.
      if ('name' in request.operation && request.operation.name === '')
        return { effect: 'deny', rule: 'no readable name' }
      const { operation } = request
      // Once for all rules, and not at all where none denies a resource: lists have thousands of lines.
      let spellings: readonly string[] | undefined
      const spelled = () => {
        spellings ??= operation.kind === 'resource' ? spellingsOf(operation.name) : []
        return spellings
      }
      let deciding: Rule | undefined
      // The first that denies, else the first that allows; what can decide nothing any more is not looked at.
      for (const rule of options.rules()) {
        const mayDecide = deciding === undefined || rule.effect === 'deny'
        if (!mayDecide || !speaksOf(rule, request, spelled)) continue
        deciding = rule
        if (rule.effect === 'deny') break
      }
      if (deciding === undefined) return { effect: 'deny', rule: 'no rule allows it' }
      // Who may not call it at all is not told that it waits.
      const held = deciding.effect === 'allow' ? heldTool(request, options.pinned) : null
      return held ?? { effect: deciding.effect, rule: ruleText(deciding) }
    } catch {
      // Whatever went wrong while deciding, the answer is no.
      return { effect: 'deny', rule: 'the rules could not be evaluated' }
    }
  }
}

const standstillRules: Record<StandstillCode, string> = {
  'policy.stopped': 'everything is stopped',
  'policy.locked': 'Warder is locked',
  'policy.paused': 'every call is paused',
}

/** No rule lets a tool pass that a person has to look at first, or whose name two readers may take for two. */
function heldTool(
  { server, operation }: DecisionRequest,
  pinned: ((server: string, tool: string) => PinWord) | undefined,
): Decision | null {
  if (operation.kind !== 'tool') return null
  const word = pinned?.(server, operation.name) ?? 'unknown'
  if (word === 'held')
    return { effect: 'deny', rule: 'the tool waits for a person', code: 'policy.tool_held' }
  return word === 'approved' || isPlainToolName(operation.name)
    ? null
    : { effect: 'deny', rule: 'what it asks for cannot be read in one way only' }
}

/** Made once for each rule: every call names the one that let it pass. */
const texts = new WeakMap<Rule, string>()

/** A rule on one line, as the audit and the window show it. */
export function ruleText(rule: Rule): string {
  const known = texts.get(rule)
  if (known !== undefined) return known
  const narrowed = KINDS.flatMap((kind) =>
    rule[kind] === undefined ? [] : [`${kind}=${rule[kind]}`],
  )
  const text = [rule.effect, `client=${rule.client}`, `server=${rule.server}`, ...narrowed].join(
    ' ',
  )
  texts.set(rule, text)
  return text
}

const KINDS = ['tool', 'resource', 'prompt'] as const

/** @param spelled the resource in all its spellings */
function speaksOf(
  rule: Rule,
  { principals, server, operation }: DecisionRequest,
  spelled: () => readonly string[],
): boolean {
  if (!matches(rule.client, principals.client) || !matches(rule.server, server)) return false
  if (KINDS.every((kind) => rule[kind] === undefined)) return true
  switch (operation.kind) {
    case 'session':
      // A narrow allow opens the session that its calls need; a narrow deny does not close it for the others.
      return rule.effect === 'allow'
    case 'other':
      return false
    default: {
      const glob = rule[operation.kind]
      if (glob === undefined) return false
      // What is allowed is the one spelling; what is denied stays so in every other.
      const names =
        operation.kind === 'resource' && rule.effect === 'deny' ? spelled() : [operation.name]
      return names.some((name) => matches(glob, name))
    }
  }
}
