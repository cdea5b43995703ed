import { existsSync } from 'node:fs'
import path from 'node:path'
import { startProvider } from '../identity-provider/start.ts'
import type { IdentityProvider } from '../identity-provider/types.ts'
import { glewlwydProgram } from './installation.ts'
import { type GlewlwydOptions, settings } from './settings.ts'

export type { GlewlwydOptions } from './settings.ts'

/** The reason in the report where Debian's package is not there; undefined where it is. */
export const glewlwydMissing: string | undefined = existsSync(glewlwydProgram)
  ? undefined
  : 'no glewlwyd here: it comes with Debian'

/**
 * Debian's glewlwyd, written in C by people of neither other provider, behind our journal: no RFC 8414 document,
 * confidential clients only, a consent page with a box for each scope, 403 with codes of its own.
 */
export function startGlewlwyd(options: GlewlwydOptions = {}): Promise<IdentityProvider> {
  return startProvider({
    kind: 'glewlwyd',
    program: path.join(import.meta.dirname, 'program.ts'),
    settings: settings.parse(options),
  })
}
