import type { Place } from './releases.ts'

/** How this Warder came here. `sources`: it runs from a checkout. */
export type Packaging = 'dmg' | 'nsis' | 'appimage' | 'package' | 'sources'

/** What a person does with a newer version; the system, or its tool, says who made it. */
export function howToInstall(packaging: Packaging, place: Place | null): string {
  const checked = `check it with \`gh attestation verify FILE --repo ${place?.split('/').slice(-2).join('/')}\``
  switch (packaging) {
    case 'dmg':
      return 'Download the .dmg, open it, and put the app in the place of this one: macOS opens it only where Warder’s makers signed it.'
    case 'nsis':
      return 'Download the .exe and start it: Windows says who signed it before it runs.'
    case 'appimage':
      return `Download the AppImage, ${checked}, and put it in the place of this one.`
    case 'package':
      return `Download the .deb or .rpm, ${checked}, and install it with \`sudo apt install ./FILE\` or \`sudo dnf install ./FILE\`.`
    case 'sources':
      return 'This Warder runs from its sources: `git pull`, `npm ci`, `npm run build`, and start it again.'
  }
}
