import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { run } from './run.ts'

/**
 * Installs the packages of a folder that has a lock of its own, since they do not resolve beside the product's or are wanted
 * by few, unless they are there as that lock says.
 *
 * @param folder from the root of the project
 * @param saying what a person reads meanwhile
 * @returns the exit code of npm, 0 when there was nothing to do
 */
export async function installPackages(folder: string, saying: string): Promise<number> {
  const place = path.join(import.meta.dirname, '..', folder)
  const lock = path.join(place, 'package-lock.json')
  const installed = path.join(place, 'node_modules/installed-lock.json')
  if (existsSync(installed) && read(installed) === read(lock)) return 0
  console.error(saying)
  const code = await npm(['ci', '--no-audit', '--no-fund', '--ignore-scripts'], place)
  if (code === 0) copyFileSync(lock, installed)
  return code
}

const read = (file: string) => readFileSync(file, 'utf8')

/** The npm that runs us, else the one on PATH, which on Windows is a script and needs a shell. */
function npm(args: readonly string[], cwd: string): Promise<number> {
  // npm hands this setting down and then refuses it from whoever hands it down.
  const { npm_config_allow_scripts: _refused, npm_execpath: program, ...env } = process.env
  return program
    ? run(process.execPath, [program, ...args], { cwd, env })
    : run('npm', args, { cwd, env, shell: process.platform === 'win32' })
}
