import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { run } from './run.ts'

const folder = path.join(import.meta.dirname, '../test/harness/better-auth')
const lock = path.join(folder, 'package-lock.json')
const installedLock = path.join(folder, 'node_modules/installed-lock.json')

/**
 * Installs the packages of the lab's second identity provider, which do not resolve beside the product's, unless they
 * are there as its lock says.
 * @returns the exit code of npm, 0 when there was nothing to do
 */
export async function installLab(): Promise<number> {
  if (existsSync(installedLock) && read(installedLock) === read(lock)) return 0
  console.error('Installing the second identity provider…')
  const code = await npm(['ci', '--no-audit', '--no-fund'])
  if (code === 0) copyFileSync(lock, installedLock)
  return code
}

const read = (file: string) => readFileSync(file, 'utf8')

/** The npm that runs us, else the one on PATH, which on Windows is a script and needs a shell. */
function npm(args: readonly string[]): Promise<number> {
  // npm hands this setting down and then refuses it from whoever hands it down.
  const { npm_config_allow_scripts: _refused, npm_execpath: program, ...env } = process.env
  return program
    ? run(process.execPath, [program, ...args], { cwd: folder, env })
    : run('npm', args, { cwd: folder, env, shell: process.platform === 'win32' })
}
