import path from 'node:path'
import { flipFuses } from '@electron/fuses'
import type { AfterPackContext } from 'electron-builder'
import { fuses } from './fuses.ts'

/** electron-builder calls this before it signs: a fuse that is flipped later would break the signature. */
export async function afterPack(context: AfterPackContext): Promise<void> {
  await flipFuses(executable(context), {
    ...fuses,
    // Without a certificate macOS runs the app on an ad-hoc signature, which has to be made anew.
    resetAdHocDarwinSignature:
      context.electronPlatformName === 'darwin' && process.platform === 'darwin',
  })
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
