import path from 'node:path'
import { extractAll } from '@electron/asar'
import { startDesktop } from '../../test/harness/electron/desktop.ts'
import { testHome } from '../../test/harness/home.ts'
import type { Check } from './check-layout.ts'

/**
 * Starts what was packaged, away from this project, under the tests' fake Electron: a file or dependency that was left
 * out shows here. The window is not opened, so no browser is needed.
 */
export async function checkStart(resources: string, scratch: string): Promise<Check> {
  const root = path.join(scratch, 'started')
  extractAll(path.join(resources, 'app.asar'), root)
  await using home = await testHome()
  await using desktop = startDesktop({ home: home.path, root, args: ['--background'] })
  return { what: 'the packaged app starts and quits', wrong: await failure(desktop) }
}

async function failure(desktop: ReturnType<typeof startDesktop>): Promise<string | null> {
  try {
    await desktop.until('the tray shows', ({ tray }) => (tray?.menu.length ?? 0) > 0)
    await desktop.click('Quit Warder')
    const code = await desktop.ended
    return code === 0 ? null : `it ended with ${code}`
  } catch (error) {
    return String(error)
  }
}
