import { WarderError } from '../errors.ts'

/** How a local server ended, as the error for those who still wait for it. */
export function describeExit(exit: {
  name: string
  code: number | null
  signal: NodeJS.Signals | null
  /** Whether it ever wrote a line. */
  answered: boolean
  /** The end of its stderr, masked and printable. */
  stderr: string
}): WarderError {
  const how = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`
  const when = exit.answered ? '' : ' before it answered'
  const said = exit.stderr === '' ? '' : ` It wrote: ${exit.stderr}`
  return new WarderError(
    exit.answered ? 'server.ended' : 'server.start_failed',
    `${exit.name} ended ${how}${when}.${said}`,
    { details: { server: exit.name, exitCode: exit.code, signal: exit.signal } },
  )
}

/** `ENOENT` and the like; never the message, which quotes arguments. */
export function nodeErrorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z0-9_]+$/.test(code) ? code : 'an unknown error'
}
