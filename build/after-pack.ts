import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { flipFuses } from '@electron/fuses'
import type { AfterPackContext } from 'electron-builder'
import { fuses } from './fuses.ts'

/** electron-builder calls this before it signs: a fuse that is flipped later would break the signature. */
export async function afterPack(context: AfterPackContext): Promise<void> {
  requireClient(context)
  if (context.electronPlatformName === 'darwin') denyPlainLoads(context)
  await flipFuses(executable(context), {
    ...fuses,
    // Without a certificate macOS runs the app on an ad-hoc signature, which has to be made anew.
    resetAdHocDarwinSignature:
      context.electronPlatformName === 'darwin' && process.platform === 'darwin',
  })
}

/** Without it no client could reach the app. */
function requireClient(context: AfterPackContext): void {
  const { appOutDir, electronPlatformName } = context
  const resources =
    electronPlatformName === 'darwin'
      ? path.join(executable(context), 'Contents/Resources')
      : path.join(appOutDir, 'resources')
  const name = electronPlatformName === 'win32' ? 'warder.exe' : 'warder'
  const client = path.join(resources, 'bin', name)
  if (!existsSync(client))
    throw new Error(`${client} is missing: run \`node scripts/package-client.ts\` first.`)
}

/** The builder lets the app load over http from anywhere, whatever its configuration says; we load nothing so. */
function denyPlainLoads(context: AfterPackContext): void {
  const file = path.join(executable(context), 'Contents/Info.plist')
  const plist = readFileSync(file, 'utf8')
  writeFileSync(
    file,
    plist.replace(/(<key>NSAllowsArbitraryLoads<\/key>\s*)<true\/>/, '$1<false/>'),
  )
}

function executable({ appOutDir, electronPlatformName, packager }: AfterPackContext): string {
  const { productFilename } = packager.appInfo
  switch (electronPlatformName) {
    case 'darwin':
      return path.join(appOutDir, `${productFilename}.app`)
    case 'win32':
      return path.join(appOutDir, `${productFilename}.exe`)
    default:
      return path.join(appOutDir, packager.platformSpecificBuildOptions.executableName ?? 'warder')
  }
}
