import { CommanderError } from 'commander'
import { ContractError, type ErrorView } from '../../preload/contract/index.ts'
import { errorCodes } from '../error-codes.ts'
import { toWarderError, WarderError } from '../errors.ts'
import type { Output } from './output.ts'

/** What a command that failed says and exits with. */
export interface Failure {
  readonly view: ErrorView
  readonly exitCode: number
}

/** Any thrown value as a {@link Failure}: ours, the companion's, or the command line parser's. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ContractError)
    return failure(error.code, error.message, error.details, exitCodeOf(error.code))
  const known =
    error instanceof CommanderError
      ? new WarderError('usage.invalid', usageSentence(error.message))
      : toWarderError(error)
  return failure(known.code, known.message, known.details, known.exitCode)
}

/** A companion of another version may send a code that this command line does not know: then 1. */
export function exitCodeOf(code: string): number {
  return isErrorCode(code) ? errorCodes[code].exit : 1
}

export const isErrorCode = (code: string): code is keyof typeof errorCodes =>
  Object.hasOwn(errorCodes, code)

/** Tells the person or the script what went wrong; the script gets the same form as on every other transport. */
export function report(output: Output, { view }: Failure): void {
  if (output.json) {
    output.result({ error: view }, () => [])
    return
  }
  const mend = isErrorCode(view.code) ? [`  ${errorCodes[view.code].mend}`] : []
  output.note([{ text: 'warder: ', style: 'red' }, view.message], ...mend, [
    { text: `  (${view.code})`, style: 'dim' },
  ])
}

function failure(
  code: string,
  message: string,
  details: Readonly<Record<string, unknown>> | undefined,
  exitCode: number,
): Failure {
  return {
    view: { code, message, ...(details === undefined ? {} : { details: { ...details } }) },
    exitCode,
  }
}

/** `error: unknown command 'ad'\n(Did you mean add?)` as one sentence. */
function usageSentence(message: string): string {
  if (message === '(outputHelp)') return 'Say which verb; `warder help` shows them all.'
  const text = message
    .replace(/^error: /, '')
    // `--value=…`: what was typed after the equals sign may be a credential.
    .replace(/^(unknown option '[^'=]*)=.*'/s, "$1'")
    .replace(/\s*\n\((Did you mean .*)\)$/s, '. $1')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const sentence = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.?!]$/.test(sentence) ? sentence : `${sentence}.`
}
