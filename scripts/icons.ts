import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { launchBrowser } from '../test/harness/chromium.ts'

/** Draws the icons that are committed, from `renderer/icon.svg`: run it again when that file changes. */
const root = fileURLToPath(new URL('..', import.meta.url))
const mark = readFileSync(path.join(root, 'renderer/icon.svg'), 'utf8')
const SHIELD = '#4a4fc4'

/** macOS takes the opacity of a template image and paints it itself, so the keyhole has to be a hole. */
const template = mark
  .replace(SHIELD, '#000')
  .replace(/<path fill="#000"/, '<path fill="#000" mask="url(#hole)"')
  .replace(
    /<path fill="#fff" d="([^"]+)"\/>/,
    (_all, hole) =>
      `<mask id="hole"><path fill="#fff" d="M0 0h32v32H0z"/><path d="${hole}"/></mask>`,
  )

const icons: { file: string; svg: string; size: number; margin?: number }[] = [
  { file: 'build/icon.png', svg: mark, size: 1024, margin: 100 },
  { file: 'assets/tray.png', svg: mark, size: 32 },
  { file: 'assets/tray-attention.png', svg: mark.replace(SHIELD, '#c77700'), size: 32 },
  { file: 'assets/trayTemplate.png', svg: template, size: 16 },
  { file: 'assets/trayTemplate@2x.png', svg: template, size: 32 },
]

await using browser = await launchBrowser()
const page = await browser.newPage()
for (const { file, svg, size, margin = 0 } of icons) {
  const inner = size - 2 * margin
  await page.setViewportSize({ width: size, height: size })
  await page.setContent(
    `<body style="margin:${margin}px"><div style="width:${inner}px;height:${inner}px">${svg}</div>`,
  )
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
  writeFileSync(path.join(root, file), await page.screenshot({ omitBackground: true }))
  console.log(`${file} ${size}×${size}`)
}
