import type { Command } from 'commander'
import type { ControlClient } from './control-client.ts'
import type { Output } from './output.ts'

/** What every verb is given. */
export interface Context {
  /** Absolute path of the companion's home. */
  readonly home: string
  /** `--yes`: a script has read what it allows. */
  readonly yes: boolean
  readonly output: Output
  readonly control: ControlClient
  /** The arguments after `warder`, as they were typed. */
  readonly argv: readonly string[]
}

/** Makes a commander action of a verb: builds its context from the options that work in any position. */
export type Action = <Arguments extends unknown[]>(
  verb: (context: Context, ...input: Arguments) => Promise<void>,
) => (...input: Arguments) => Promise<void>

/** A verb adds itself to the program. */
export type Verb = (program: Command, action: Action) => void

/** The examples under a verb's help. */
export function examples(...lines: string[]): string {
  return `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  ${line}`).join('\n')}`
}
