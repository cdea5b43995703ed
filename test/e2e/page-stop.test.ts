import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import {
  button,
  card,
  companion,
  complaints,
  dialog,
  heading,
  heard,
  open,
  page,
  servePage,
} from './page-fixture.ts'

servePage()

const banner = () => page.getByRole('region', { name: 'Everything is stopped', exact: true })

describe('stop everything', () => {
  it('is asked once, and nothing happens to who goes on', async () => {
    await open()
    await button('Stop everything').click()
    await dialog().getByText('Warder cannot revoke them').waitFor()
    await dialog().getByRole('button', { name: 'Go on as it is' }).click()
    await dialog().waitFor({ state: 'detached' })
    expect(heard('stop:now')).toEqual([])
    expect(await banner().count()).toBe(0)
  })

  it('is said on every page, and resuming asks for a person', async () => {
    await open()
    await button('Stop everything').click()
    await dialog().getByRole('button', { name: 'Stop everything' }).click()
    await banner().waitFor()
    expect(heard('stop:now')).toEqual([{}])
    expect(await button('Stop everything').count()).toBe(0)
    for (const name of ['Servers', 'Clients', 'Receipts']) {
      await page.getByRole('link', { name }).first().click()
      await heading(name).waitFor()
      await banner().waitFor()
    }

    await banner().getByRole('button', { name: 'Resume' }).click()
    await dialog().getByText('Let calls through again').waitFor()
    expect(heard('stop:resume')).toEqual([{}])
    expect(await banner().count()).toBe(1)
    await dialog().getByRole('button', { name: 'Confirm' }).click()
    await banner().waitFor({ state: 'detached' })
    expect(heard('stop:resume')).toEqual([{}, { confirm: 'challenge-1' }])
    expect(complaints).toEqual([])
  })

  it('leaves a record that says what is left to do, and whether it is signed', async () => {
    companion.world.stops = [
      companion.world.stopRecord(),
      {
        ...companion.world.stopRecord(),
        id: 'stop-0',
        at: '2026-01-01T00:00:00Z',
        signature: null,
      },
    ]
    await open('Receipts')
    const [record, older] = [0, 1].map((at) => card('Everything was stopped').nth(at))
    for (const words of [
      'on this computer within 12 ms',
      'bearer void, 2 sessions cut',
      'ended (4711)',
      'not seen to end (4712)',
      'end it by hand',
      'Signed, version 3',
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    ])
      await record?.getByText(words).first().waitFor()
    await older?.getByText('Not signed yet').waitFor()
  })
})

it('exports what the command line exports, byte for byte', async () => {
  await open('Receipts')
  const [download] = await Promise.all([page.waitForEvent('download'), button('Export').click()])
  expect(download.suggestedFilename()).toMatch(/^warder-receipts-\d{4}-\d\d-\d\d\.json$/)
  const text = await readFile(await download.path(), 'utf8')
  expect(text).toBe(`${JSON.stringify(companion.world.exported, null, 2)}\n`)
  expect(complaints).toEqual([])
})
