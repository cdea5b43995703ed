import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { run } from './run.ts'

/** Where Electron is, or why the desktop app cannot run here. */
export type Electron = { readonly path: string } | { readonly absent: string }

const folder = path.join(import.meta.dirname, '../node_modules/electron')
const patience = 120_000 // milliseconds

/**
 * The npm package is only a downloader, and its program arrives when it is first asked for. A machine that cannot get
 * it in time is one without Electron.
 */
export async function findElectron(): Promise<Electron> {
  if (!hasDisplay()) return { absent: 'there is no display' }
  // As root Electron runs only without its sandbox, and Warder does not.
  if (process.platform === 'linux' && process.getuid?.() === 0)
    return { absent: 'Electron does not run for root' }
  if (!installed()) await download()
  const found = installed()
  return found ? { path: found } : { absent: 'Electron could not be downloaded' }
}

function hasDisplay(): boolean {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env
  return process.platform !== 'linux' || Boolean(DISPLAY || WAYLAND_DISPLAY)
}

function installed(): string | null {
  const name = path.join(folder, 'path.txt')
  if (!existsSync(name)) return null
  const { ELECTRON_OVERRIDE_DIST_PATH: elsewhere } = process.env
  const program = path.join(elsewhere ?? path.join(folder, 'dist'), readFileSync(name, 'utf8'))
  return existsSync(program) ? program : null
}

async function download(): Promise<void> {
  console.error('Downloading Electron…')
  await run(process.execPath, [path.join(folder, 'install.js')], {
    stdio: 'ignore',
    timeout: patience,
    killSignal: 'SIGKILL',
  })
}
