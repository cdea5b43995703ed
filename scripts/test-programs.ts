import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { chromiumPath, headlessShell } from '../test/harness/chromium.ts'
import { glewlwydProgram } from '../test/harness/glewlwyd/installation.ts'
import { run } from './run.ts'

interface Program {
  readonly debianPackage: string
  readonly isThere: () => boolean
  /** Its tests are skipped, with the reason, where it is missing and cannot be installed. */
  readonly optional?: true
  /** The long tier alone wants it. */
  readonly long?: true
  /** A service that its package would start, for all the network, with the password that its manual names. */
  readonly service?: string
}

const programs: readonly Program[] = [
  { debianPackage: 'chromium', isThere: () => chromiumPath() !== null },
  { debianPackage: 'openssl', isThere: () => areOnPath('openssl') },
  ...(process.platform === 'linux' ? linuxPrograms() : []),
]

/** macOS and Windows bring their keychains with them. */
function linuxPrograms(): Program[] {
  return [
    { debianPackage: 'dbus', isThere: () => areOnPath('dbus-run-session', 'dbus-daemon') },
    { debianPackage: 'gnome-keyring', isThere: () => areOnPath('gnome-keyring-daemon') },
    { debianPackage: 'libsecret-1-0', isThere: () => isLibrary('libsecret-1.so.0') },
    { debianPackage: 'libsecret-tools', isThere: () => areOnPath('secret-tool') },
    { debianPackage: 'strace', isThere: () => areOnPath('strace'), optional: true },
    {
      debianPackage: 'tinyproxy-bin',
      isThere: () => areOnPath('tinyproxy'),
      optional: true,
    },
    {
      debianPackage: 'glewlwyd',
      isThere: () => existsSync(glewlwydProgram),
      optional: true,
      service: 'glewlwyd.service',
    },
    ...panelPrograms(),
  ]
}

/** A screen, a panel on it, and a hand for its mouse: the tray is seen and clicked there. */
function panelPrograms(): Program[] {
  return [
    { debianPackage: 'xvfb', names: ['Xvfb'] },
    { debianPackage: 'xfce4-panel', names: ['xfce4-panel'] },
    { debianPackage: 'xfconf', names: ['xfconf-query'] },
    { debianPackage: 'xdotool', names: ['xdotool'] },
    { debianPackage: 'imagemagick', names: ['import'] },
    { debianPackage: 'libglib2.0-bin', names: ['gdbus'] },
  ].map(({ debianPackage, names }) => ({
    debianPackage,
    isThere: () => areOnPath(...names),
    optional: true,
    long: true,
  }))
}

/**
 * Sees to it that the programs are there that the tests run but npm cannot bring. Only root on Debian gets them
 * installed; everybody else is told how.
 * @param tier whose programs are wanted
 * @returns false when some are missing
 */
export async function ensurePrograms(tier: 'quick' | 'long'): Promise<boolean> {
  const mayInstall = isDebian() && process.getuid?.() === 0
  // Alone, and without it the tests only take longer: what is like Debian may not have it.
  if (mayInstall && process.env.WARDER_CHROMIUM === undefined && !existsSync(headlessShell))
    await install([{ debianPackage: 'chromium-headless-shell', isThere: () => false }])
  const wanted = programs.filter(({ long }) => tier === 'long' || long !== true)
  const missing = wanted.filter(({ isThere }) => !isThere())
  if (missing.length === 0) return true
  if (mayInstall) return install(missing)
  const needed = missing.filter(({ optional }) => optional !== true)
  if (needed.length === 0) return true
  const packages = needed.map(({ debianPackage }) => debianPackage)
  console.error(`The tests need programs that are not here: ${packages.join(', ')}.`)
  console.error(advice(packages))
  return false
}

async function install(missing: readonly Program[]): Promise<boolean> {
  const packages = missing.map(({ debianPackage }) => debianPackage)
  console.error(`Installing ${packages.join(', ')}…`)
  // In runlevel 1 nothing is started; where systemd runs, only a mask keeps a service from starting.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  if (existsSync('/run/systemd/system'))
    for (const { service } of missing)
      if (service !== undefined && (await run('systemctl', ['mask', service], { env })) !== 0)
        return false
  const arguments_ = ['install', '-y', '--no-install-recommends', ...packages]
  return (
    (await run('apt-get', ['update'], { env })) === 0 &&
    (await run('apt-get', arguments_, { env })) === 0
  )
}

function advice(packages: readonly string[]): string {
  if (isDebian())
    return `Run: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`
  return packages.includes('chromium')
    ? 'For Chromium run: npx playwright install chromium, or set WARDER_CHROMIUM to its path.'
    : 'Install what your distribution calls them.'
}

function isDebian(): boolean {
  const release = '/etc/os-release'
  return existsSync(release) && /^ID(?:_LIKE)?=.*debian/m.test(readFileSync(release, 'utf8'))
}

function areOnPath(...names: string[]): boolean {
  const directories = (process.env.PATH ?? '').split(path.delimiter)
  return names.every((name) =>
    directories.some((directory) => existsSync(path.join(directory, name))),
  )
}

/** The linker's cache names every library it would find. */
function isLibrary(name: string): boolean {
  const cache = '/etc/ld.so.cache'
  return existsSync(cache) && readFileSync(cache, 'latin1').includes(`${name}\0`)
}
