import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { iconFile } from '../../main/desktop/icon-file.ts'
import type { Mood } from '../../main/desktop/tray-menu.ts'
import { launchBrowser } from '../harness/chromium.ts'

const moods: readonly Mood[] = ['ready', 'attention', 'paused', 'locked', 'stopped']
const assets = path.join(import.meta.dirname, '../../assets')

let browser: Awaited<ReturnType<typeof launchBrowser>>
let page: Page
beforeAll(async () => {
  browser = await launchBrowser()
  page = await browser.newPage()
})
afterAll(() => browser[Symbol.asyncDispose]())

/** What is left of an icon without its colours: where it is bright or open, and where it is not. */
async function shape(file: string): Promise<{ size: number; marks: boolean[] }> {
  const url = `data:image/png;base64,${readFileSync(file).toString('base64')}`
  return page.evaluate(async (source) => {
    const image = new Image()
    image.src = source
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = image.width
    canvas.height = image.height
    const context = canvas.getContext('2d') as CanvasRenderingContext2D
    context.drawImage(image, 0, 0)
    const { data } = context.getImageData(0, 0, image.width, image.height)
    const marks = Array.from({ length: data.length / 4 }, (_, index) => {
      const [red = 0, green = 0, blue = 0, alpha = 0] = data.slice(index * 4, index * 4 + 4)
      const light = 0.299 * red + 0.587 * green + 0.114 * blue
      return alpha > 127 && light < 200
    })
    return { size: image.width, marks }
  }, url)
}

describe.each(['linux', 'darwin'] as const)('the icons on %s', (platform) => {
  it('tell each mood apart by shape alone', async () => {
    const shapes = await Promise.all(moods.map((mood) => shape(iconFile(assets, mood, platform))))
    for (const [index, one] of shapes.entries())
      for (const other of shapes.slice(index + 1)) {
        const different = one.marks.filter((mark, at) => mark !== other.marks[at]).length
        expect(different / one.marks.length).toBeGreaterThan(0.03)
      }
  })
})

it('are black on macOS, which paints them itself, and there for both densities', async () => {
  for (const mood of moods) {
    const file = iconFile(assets, mood, 'darwin')
    expect(existsSync(file.replace('.png', '@2x.png'))).toBe(true)
    const url = `data:image/png;base64,${readFileSync(file).toString('base64')}`
    const colours = await page.evaluate(async (source) => {
      const image = new Image()
      image.src = source
      await image.decode()
      const canvas = new OffscreenCanvas(image.width, image.height)
      const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D
      context.drawImage(image, 0, 0)
      const { data } = context.getImageData(0, 0, image.width, image.height)
      return data.filter((value, index) => index % 4 !== 3 && value > 0).length
    }, url)
    expect(colours).toBe(0)
  }
})
