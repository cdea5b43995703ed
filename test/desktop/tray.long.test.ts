import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDesktop } from '../harness/electron/desktop.ts'
import type { Pixels } from '../harness/electron/png.ts'
import { testHome } from '../harness/home.ts'
import { type Keyring, startKeyring } from '../harness/keyring.ts'
import { missingForPanel, type Panel, startPanel, until } from '../harness/panel.ts'
import { runCli } from '../harness/warder.ts'

/** The tray in a real panel: seen on its screen, and clicked there with a mouse and keys. */

const pictures = path.join(import.meta.dirname, '../../coverage/tray')
const missing = missingForPanel()

let keyring: Keyring
beforeAll(async () => {
  keyring = await startKeyring({ state: 'unlocked' })
})
afterAll(() => keyring[Symbol.asyncDispose]())

/** Colours of `assets/`, which no part of the panel has. */
const colours = {
  ready: [0x4a, 0x4f, 0xc4],
  paused: [0x5b, 0x62, 0x70],
  locked: [0x6a, 0x72, 0x85],
} as const

/** Where the icon is, by the middle of the pixels of its colour; null where there are too few. */
function find({ width, rgba }: Pixels, [red, green, blue]: readonly [number, number, number]) {
  const found: [number, number][] = []
  for (let at = 0; at < rgba.length; at += 4)
    if (rgba[at] === red && rgba[at + 1] === green && rgba[at + 2] === blue)
      found.push([(at / 4) % width, Math.floor(at / 4 / width)])
  if (found.length < 40) return null
  const middle = (axis: 0 | 1) =>
    Math.round(found.reduce((sum, point) => sum + point[axis], 0) / found.length)
  return { x: middle(0), y: middle(1) }
}

async function see(panel: Panel, mood: keyof typeof colours) {
  const file = path.join(pictures, `${mood}.png`)
  let place: { x: number; y: number } | null = null
  await until(`the icon says ${mood}`, () => {
    place = find(panel.screenshot(file), colours[mood])
    return place !== null
  })
  return place as unknown as { x: number; y: number }
}

it('shows its mood and takes clicks in the panel of Xfce', async (context) => {
  context.skip(missing.length > 0, `a panel needs ${missing.join(', ')}`)
  await using panel = await startPanel()
  await using home = await testHome()
  await using desktop = startDesktop({
    home: home.path,
    env: keyring.env,
    args: ['--background'],
    panel: panel.bus,
  })
  await desktop.until('the menu', ({ tray }) => (tray?.menu.length ?? 0) > 0)

  // The first line cannot be chosen, so the first key leads to the second.
  await choose(panel, await see(panel, 'ready'), 1)
  const place = await see(panel, 'paused')
  expect(await statusOf(home.path)).toMatchObject({ paused: expect.any(String), locked: null })

  await choose(panel, place, 2)
  await see(panel, 'locked')
  expect(await statusOf(home.path)).toMatchObject({ locked: expect.any(String) })
}, 180_000)

/** Opens the menu with the mouse, and takes its n-th line with keys. */
async function choose(panel: Panel, { x, y }: { x: number; y: number }, line: number) {
  panel.click(x, y, 'right')
  await until('the menu is open', () =>
    isLit(panel.screenshot(path.join(pictures, `menu-${line}.png`)), y),
  )
  panel.press(...Array.from({ length: line }, () => 'Down'), 'Return')
}

/** Something with another colour than the empty screen lies beside the panel. */
function isLit({ width, height, rgba }: Pixels, panelAt: number): boolean {
  let lit = 0
  for (let row = 0; row < height; row++) {
    if (Math.abs(row - panelAt) < 40) continue
    for (let column = 0; column < width; column++) {
      const at = (row * width + column) * 4
      if ((rgba[at] ?? 0) + (rgba[at + 1] ?? 0) + (rgba[at + 2] ?? 0) > 60) lit++
    }
  }
  return lit > 5_000
}

async function statusOf(home: string): Promise<unknown> {
  return (await runCli(['--home', home, '--json', 'status'], { env: keyring.env })).json
}
