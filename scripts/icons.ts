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
const SHIELD = /<path fill="(#4a4fc4)" d="([^"]+)"\/>/.exec(mark)?.[2] ?? ''
const KEYHOLE = /<path fill="#fff" d="([^"]+)"\/>/.exec(mark)?.[1] ?? ''
const STOP_SIGN = 'M10.5 2h11L30 10.5v11L21.5 30h-11L2 21.5v-11z'

/** Each mood by what is cut out of the shield, so that it is read without its colour. */
const moods = {
  ready: { body: SHIELD, colour: '#4a4fc4', hole: `<path d="${KEYHOLE}"/>` },
  attention: {
    body: SHIELD,
    colour: '#c77700',
    hole: '<path d="M14 7h4l-.6 11.5h-2.8z"/><circle cx="16" cy="22.5" r="2.3"/>',
  },
  paused: {
    body: SHIELD,
    colour: '#5b6270',
    hole: '<path d="M10.8 9.5h3.7v12.5h-3.7zM17.5 9.5h3.7v12.5h-3.7z"/>',
  },
  locked: {
    body: SHIELD,
    colour: '#6a7285',
    hole: '<path d="M10 14.5h12v8.5H10zM11.7 14.5v-2a4.3 4.3 0 0 1 8.6 0v2h-2.4v-2a1.9 1.9 0 0 0-3.8 0v2z"/>',
  },
  stopped: {
    body: STOP_SIGN,
    colour: '#b3261e',
    hole: '<path transform="rotate(45 16 16)" d="M14 7h4v7h7v4h-7v7h-4v-7H7v-4h7z"/>',
  },
} as const

const svg = (content: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${content}</svg>`

const coloured = ({ body, colour, hole }: (typeof moods)[keyof typeof moods]) =>
  svg(`<path fill="${colour}" d="${body}"/><g fill="#fff">${hole}</g>`)

/** macOS takes the opacity of a template image and paints it itself, so what is cut out has to be a hole. */
const template = ({ body, hole }: (typeof moods)[keyof typeof moods]) =>
  svg(
    `<mask id="cut"><path fill="#fff" d="M0 0h32v32H0z"/><g fill="#000">${hole}</g></mask><path mask="url(#cut)" d="${body}"/>`,
  )

await using browser = await launchBrowser()
const page = await browser.newPage()

for (const [mood, look] of Object.entries(moods)) {
  save(`assets/tray-${mood}.png`, await draw(page, coloured(look), 32))
  save(`assets/tray-${mood}Template.png`, await draw(page, template(look), 16))
  save(`assets/tray-${mood}Template@2x.png`, await draw(page, template(look), 32))
}
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
