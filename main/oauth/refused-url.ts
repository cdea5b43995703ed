import { isWarderError, type WarderError } from '../errors.ts'

/** A URL that stopped a sign-in. Nothing of it is kept: it may hold control characters, or be a trap for a reader. */
export interface RefusedUrl {
  readonly server: string
  /** What it stood for, as `token_endpoint`; null where it was found on the way, as that of a redirect. */
  readonly field: string | null
  /** The rule that it broke. */
  readonly rule: string
  readonly code: WarderError['code']
}

/**
 * Tells of a URL that stops the work, so that a trace is left (MCP Security Best Practices: suspicious URLs are logged).
 *
 * @throws what the work throws
 */
export async function tellingOfUrls<T>(
  work: Promise<T>,
  tell: (refused: Omit<RefusedUrl, 'server'>) => void,
): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (isWarderError(error, 'net.url_refused', 'net.address_refused')) tell(refusedUrl(error))
    throw error
  }
}

function refusedUrl({ code, details = {} }: WarderError): Omit<RefusedUrl, 'server'> {
  const { field, rule } = details
  return {
    field: typeof field === 'string' ? field : null,
    rule: typeof rule === 'string' ? rule : 'address',
    code,
  }
}
