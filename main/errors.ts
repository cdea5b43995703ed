import { type ErrorCode, errorCodes } from './error-codes.ts'

export type { ErrorCode } from './error-codes.ts'

/**
 * The only error that leaves a room. `code` is stable and documented in `docs/errors.md`; `message` is a sentence for
 * the user and never holds a secret; `cause` is for the developer and never crosses IPC, HTTP or the command line.
 */
export class WarderError extends Error {
  override readonly name = 'WarderError'
  readonly code: ErrorCode
  /** Machine-readable extras that are safe to show (a presence challenge, a line number, a server name). */
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.details = options.details
  }

  /** What the shell exits with when this error ends a command. */
  get exitCode(): number {
    return errorCodes[this.code].exit
  }
}

/** True for a {@link WarderError}, optionally with one of the given codes. */
export function isWarderError(error: unknown, ...codes: ErrorCode[]): error is WarderError {
  return error instanceof WarderError && (codes.length === 0 || codes.includes(error.code))
}

/**
 * Any thrown value as a {@link WarderError}. What we did not foresee becomes `internal.unexpected` with a fixed
 * sentence: the original text may quote a secret, so it stays in `cause`.
 */
export function toWarderError(error: unknown): WarderError {
  if (error instanceof WarderError) return error
  return new WarderError('internal.unexpected', 'Warder hit an error it did not expect.', {
    cause: error,
  })
}

/**
 * Where an error comes from, without its text: the text may quote a secret, names of functions and files do not. For
 * the standard error of a process, so that an unexpected error can be reported and mended.
 */
export function traceOf(error: unknown): string {
  const origin = error instanceof WarderError && error.cause !== undefined ? error.cause : error
  if (!(origin instanceof Error)) return typeof origin
  const frames = (origin.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  const code = 'code' in origin && /^[\w-]+$/.test(String(origin.code)) ? ` ${origin.code}` : ''
  return [`${origin.name}${code}`, ...frames].join('\n')
}

/** Compile-time proof that a union was handled whole. */
export function assertNever(value: never): never {
  throw new WarderError('internal.unexpected', `Unhandled case: ${JSON.stringify(value)}`)
}
