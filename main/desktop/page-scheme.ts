import { protocol } from 'electron'
import type { UiFiles } from '../headless/ui-files.ts'
import { answerPage, PAGE_SCHEME } from './page.ts'

/** Has to come before `ready`. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: PAGE_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ])
}

export function servePage(files: UiFiles): void {
  protocol.handle(PAGE_SCHEME, (request) => answerPage(files, request))
}
