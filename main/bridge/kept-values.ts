import { type Injection, injections } from '../servers/servers.ts'
import type { LocalServer } from '../store/config-schema.ts'
import { fileOf } from '../store/local-schema.ts'

/** What a local server's process got at its start and holds as it was then. A header is read anew for each request. */
function keptIn(definition: LocalServer, of: (injection: Injection) => boolean): Injection[] {
  return injections(definition).filter((one) => one.into !== 'header' && of(one))
}

export const keepsTokens = (definition: LocalServer) =>
  keptIn(definition, ({ from }) => from.kind === 'grant').length > 0

/**
 * What becomes of a running server when one of its secrets is set anew.
 *
 * @returns `nothing` where its process does not hold it; `refeed` where the new value can take the place of the old one
 */
export function whenSet(definition: LocalServer, secret: string): 'nothing' | 'refeed' | 'restart' {
  const { files = {}, onRenewal } = definition
  const kept = keptIn(definition, ({ from }) => from.kind === 'secret' && from.name === secret)
  if (kept.length === 0) return 'nothing'
  const isReadAgain = ({ name, into }: Injection) => {
    const file = into === 'file' ? files[name] : undefined
    return file !== undefined && !fileOf(file).once
  }
  return onRenewal === 'refeed' && kept.every(isReadAgain) ? 'refeed' : 'restart'
}
