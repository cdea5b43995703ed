import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Arch, build, Platform } from 'electron-builder'
import { buildIfStale } from './build-if-stale.ts'
import { checkClient } from './packaging/check-client.ts'
import { type Check, checkArchive, checkFuses } from './packaging/check-layout.ts'
import { makeClient } from './packaging/client-executable.ts'
import { checkConfiguration } from './packaging/configuration.ts'
import { releaseNeeds } from './packaging/release-needs.ts'
import { checkStart } from './packaging/start-archive.ts'
import { clientStub, linuxStub, macStub } from './packaging/stub-runtime.ts'
import { usage } from './usage.ts'

/**
 * `npm run package:check`: is electron-builder.yml valid, and does what it packages hold what Warder needs and nothing
 * else, with its fuses set? Runs without network: the runtime is a stub, so the installers themselves are not made.
 */
const root = path.dirname(import.meta.dirname)
usage(() => parseArgs())
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
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  for (const { what, why } of releaseNeeds(manifest, null))
    console.log(`NOT READY for a release: ${what} is missing (${why})`)
  const failed = checks.filter(({ wrong }) => wrong !== null).length
  console.log(`${checks.length + 1 - failed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

async function packageLinux(): Promise<Check[]> {
  const output = path.join(scratch, 'linux')
  const clients = path.join(scratch, 'linux-client')
  const script = path.join(root, 'dist/installed/warder.cjs')
  await makeClient(script, process.execPath, path.join(clients, 'warder'))
  await build({
    projectDir: root,
    targets: Platform.LINUX.createTarget('dir', Arch.x64),
    publish: 'never',
    config: {
      electronDist: linuxStub(path.join(scratch, 'linux-runtime')),
      extraResources: [{ from: clients, to: 'bin' }],
      directories: { output },
    },
  })
  const app = path.join(output, 'linux-unpacked')
  const checks = [
    ...checkArchive(path.join(app, 'resources'), 'linux-x64'),
    ...(await checkFuses(path.join(app, 'warder'))),
    ...(await checkClient(path.join(app, 'resources/bin/warder'), scratch)),
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
      extraResources: [{ from: clientStub(path.join(scratch, 'mac-client')), to: 'bin' }],
      directories: { output },
      mac: { identity: null, notarize: false },
    },
  })
  const app = path.join(output, 'mac-arm64/Warder.app')
  const plist = readFileSync(path.join(app, 'Contents/Info.plist'), 'utf8')
  const checks = [
    ...checkArchive(path.join(app, 'Contents/Resources'), 'darwin-arm64'),
    ...(await checkFuses(app)),
    {
      what: 'loads nothing over plain http',
      wrong: holds(plist, /<key>NSAllowsArbitraryLoads<\/key>\s*<false\/>/),
    },
    {
      what: 'takes warder: links',
      wrong: holds(plist, /<key>CFBundleURLSchemes<\/key>\s*<array>\s*<string>warder<\/string>/),
    },
    {
      what: 'asks for no entitlement but that of V8',
      wrong: onlyJit(readFileSync(path.join(root, 'build/entitlements.mac.plist'), 'utf8')),
    },
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

function onlyJit(entitlements: string): string | null {
  const keys = [...entitlements.matchAll(/<key>([^<]*)<\/key>/g)].map(([, key]) => key)
  return keys.join() === 'com.apple.security.cs.allow-jit' ? null : keys.join(', ')
}

function named(platform: string, checks: readonly Check[]): Check[] {
  return checks.map(({ what, wrong }) => ({ what: `${platform}: ${what}`, wrong }))
}
