import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { openLedger } from '../../main/wiring/ledger.ts'
import { testHome } from '../harness/home.ts'

it('has no records where its files cannot be looked at, read or understood', async () => {
  await using home = await testHome()
  const { folder } = openLedger(home.path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(path.join(folder, 'broken.json'), '{')
  symlinkSync('round.json', path.join(folder, 'round.json'))
  mkdirSync(path.join(folder, 'folder.json'))
  expect(openLedger(home.path).records()).toEqual([])
})

it('has none in a folder that leads round in a circle', async () => {
  await using home = await testHome()
  const { folder } = openLedger(home.path)
  mkdirSync(path.dirname(folder), { recursive: true })
  symlinkSync(folder, folder)
  expect(openLedger(home.path).records()).toEqual([])
})
