/** Exit codes of the command line; the words go to stderr, or into the answers of a client that stays. */
export class ShimError extends Error {
  readonly exitCode: number

  constructor(exitCode: number, message: string) {
    super(message)
    this.exitCode = exitCode
  }
}

export const refused = 1
export const wrongUsage = 2
export const unknownName = 3
export const unreachable = 69

/** The code of a system error. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'unknown error'
}
