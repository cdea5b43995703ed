import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { WarderError } from '../errors.ts'
import { layout } from '../layout.ts'
import type { ControlHouse } from './house.ts'
import type { Handlers } from './types.ts'

/** What the build has written down of the licences of what the page bundles, and of the packages that lie beside it. */
export function licenceHandlers({
  runtimeLicences,
}: Pick<ControlHouse, 'runtimeLicences'>): Handlers<'licences:get'> {
  return {
    async 'licences:get'() {
      const built = [
        path.join(layout.renderer, 'licenses.txt'),
        path.join(layout.renderer, '..', 'main', 'licenses.txt'),
      ]
      const texts = await Promise.all(built.map((file) => readFile(file, 'utf8'))).catch(
        (cause: unknown) => {
          throw new WarderError('ui.missing', 'The licences were not built.', { cause })
        },
      )
      // Of many megabytes: a person opens them there.
      return { page: texts.join('\n'), runtime: runtimeLicences.filter((file) => existsSync(file)) }
    },
  }
}
