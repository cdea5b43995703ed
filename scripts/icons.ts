import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright'
import { launchBrowser } from '../test/harness/chromium.ts'

/**
 * Draws the icons that are committed, from `renderer/icon.svg`: run it again when that file changes. The containers of
 * macOS and Windows are written here because electron-builder would download a tool to do it.
 */
const root = path.dirname(import.meta.dirname)
const mark = readFileSync(path.join(root, 'renderer/icon.svg'), 'utf8')
const SHIELD = '#4a4fc4'

/** macOS takes the opacity of a template image and paints it itself, so the keyhole has to be a hole. */
const template = mark
  .replace(SHIELD, '#000')
  .replace('<path fill="#000"', '<path fill="#000" mask="url(#hole)"')
  .replace(
    /<path fill="#fff" d="([^"]+)"\/>/,
    '<mask id="hole"><path fill="#fff" d="M0 0h32v32H0z"/><path d="$1"/></mask>',
  )

await using browser = await launchBrowser()
const page = await browser.newPage()

save('assets/tray.png', await draw(page, mark, 32))
save('assets/tray-attention.png', await draw(page, mark.replace(SHIELD, '#c77700'), 32))
save('assets/trayTemplate.png', await draw(page, template, 16))
save('assets/trayTemplate@2x.png', await draw(page, template, 32))
for (const size of [16, 32, 48, 64, 128, 256, 512])
  save(`build/icons/${size}x${size}.png`, await draw(page, mark, size))
save('build/icon.icns', await icns(page))
save('build/icon.ico', await ico(page))

/** @param margin pixels left free on each side */
async function draw(page: Page, svg: string, size: number, margin = 0): Promise<Buffer> {
  const inner = size - 2 * margin
  await page.setViewportSize({ width: size, height: size })
  await page.setContent(
    `<body style="margin:${margin}px"><div style="width:${inner}px;height:${inner}px">${svg}</div>`,
  )
  return page.screenshot({ omitBackground: true })
}

/** Apple's container: each image behind a four-letter name of its size and its length. */
async function icns(page: Page): Promise<Buffer> {
  const kinds = { ic07: 128, ic08: 256, ic09: 512, ic10: 1024, ic11: 32, ic12: 64 }
  const entries: Buffer[] = []
  for (const [kind, size] of Object.entries(kinds))
    entries.push(chunk(kind, await draw(page, mark, size, Math.round(size / 10))))
  return chunk('icns', Buffer.concat(entries))
}

function chunk(name: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length + 8)
  return Buffer.concat([Buffer.from(name, 'latin1'), length, content])
}

/** Windows' container: a directory of sizes and offsets, then the images. A size of 0 means 256. */
async function ico(page: Page): Promise<Buffer> {
  const sizes = [16, 24, 32, 48, 64, 128, 256]
  const header = Buffer.alloc(6 + sizes.length * 16)
  header.writeUInt16LE(1, 2)
  header.writeUInt16LE(sizes.length, 4)
  const images: Buffer[] = []
  let offset = header.length
  for (const [index, size] of sizes.entries()) {
    const image = await draw(page, mark, size)
    const entry = 6 + index * 16
    header.writeUInt8(size % 256, entry)
    header.writeUInt8(size % 256, entry + 1)
    header.writeUInt16LE(1, entry + 4)
    header.writeUInt16LE(32, entry + 6)
    header.writeUInt32LE(image.length, entry + 8)
    header.writeUInt32LE(offset, entry + 12)
    images.push(image)
    offset += image.length
  }
  return Buffer.concat([header, ...images])
}

function save(file: string, content: Buffer): void {
  const absolute = path.join(root, file)
  mkdirSync(path.dirname(absolute), { recursive: true })
  writeFileSync(absolute, content)
  console.log(`${file} ${content.length}`)
}
