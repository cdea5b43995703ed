import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { WarderError } from '../errors.ts'
import { layout } from '../layout.ts'
import type { Handlers } from './types.ts'

/** What the build has written down of the licences of what it bundled; packages that lie beside it bring their own. */
export function licenceHandlers(): Handlers<'licences:get'> {
  return {
    async 'licences:get'() {
      const file = path.join(layout.renderer, 'licenses.txt')
      const page = await readFile(file, 'utf8').catch((cause: unknown) => {
        throw new WarderError('ui.missing', 'The licences were not built.', { cause })
      })
      return { page }
    },
  }
}
