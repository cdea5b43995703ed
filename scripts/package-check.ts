import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Arch, build, Platform } from 'electron-builder'
import { buildIfStale } from './build-if-stale.ts'
import { type Check, checkArchive, checkFuses } from './packaging/check-layout.ts'
import { checkConfiguration } from './packaging/configuration.ts'
import { checkStart } from './packaging/start-archive.ts'
import { linuxStub, macStub } from './packaging/stub-runtime.ts'

/**
 * `npm run package:check`: is electron-builder.yml valid, and does what it packages hold what Warder needs and nothing
 * else, with its fuses set? Runs without network: the runtime is a stub, so the installers themselves are not made.
 */
const root = path.dirname(import.meta.dirname)
const scratch = mkdtempSync(path.join(os.tmpdir(), 'warder-package-'))
let code = 1
try {
  code = await checkAll()
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
// Left to end by itself, the process ends with 0: a hook of electron-builder's passes over `process.exitCode`.
process.exit(code)

async function checkAll(): Promise<number> {
  await checkConfiguration(root)
  console.log('ok   electron-builder.yml fits its schema')
  const built = await buildIfStale()
  if (built !== 0) return built
  const checks = [...(await packageLinux()), ...(await packageMac())]
  for (const { what, wrong } of checks)
    console.log(wrong === null ? `ok   ${what}` : `FAIL ${what}: ${wrong}`)
  console.log('NOT RUN 2 (Windows needs a real executable, installers need downloaded tools)')
  const failed = checks.filter(({ wrong }) => wrong !== null).length
  console.log(`${checks.length + 1 - failed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

async function packageLinux(): Promise<Check[]> {
  const output = path.join(scratch, 'linux')
  await build({
    projectDir: root,
    targets: Platform.LINUX.createTarget('dir', Arch.x64),
    publish: 'never',
    config: {
      electronDist: linuxStub(path.join(scratch, 'linux-runtime')),
      directories: { output },
    },
  })
  const app = path.join(output, 'linux-unpacked')
  const checks = [
    ...checkArchive(path.join(app, 'resources'), 'linux-x64'),
    ...(await checkFuses(path.join(app, 'warder'))),
    await checkStart(path.join(app, 'resources'), scratch),
  ]
  return named('linux', checks)
}

async function packageMac(): Promise<Check[]> {
  const output = path.join(scratch, 'mac')
  await build({
    projectDir: root,
    targets: Platform.MAC.createTarget('dir', Arch.arm64),
    publish: 'never',
    config: {
      electronDist: macStub(path.join(scratch, 'mac-runtime')),
      directories: { output },
      mac: { identity: null, notarize: false },
    },
  })
  const app = path.join(output, 'mac-arm64/Warder.app')
  const plist = readFileSync(path.join(app, 'Contents/Info.plist'), 'utf8')
  const checks = [
    ...checkArchive(path.join(app, 'Contents/Resources'), 'darwin-arm64'),
    ...(await checkFuses(app)),
    { what: 'no icon in the dock', wrong: holds(plist, /<key>LSUIElement<\/key>\s*<true\/>/) },
    {
      what: 'the hash of the archive is recorded',
      wrong: holds(plist, /<key>ElectronAsarIntegrity<\/key>/),
    },
  ]
  return named('mac', checks)
}

function holds(text: string, pattern: RegExp): string | null {
  return pattern.test(text) ? null : 'missing in Info.plist'
}

function named(platform: string, checks: readonly Check[]): Check[] {
  return checks.map(({ what, wrong }) => ({ what: `${platform}: ${what}`, wrong }))
}
