import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { nodeProgram } from '../main/layout.ts'
import { testHome } from './harness/home.ts'
import { write } from './wiring/house.ts'

test('Node goes by the name that outlives its update, where that leads to the one that runs', async () => {
  await using home = await testHome()
  const place = (name: string) => path.join(home.path, name)
  const running = await write(place('Cellar/node/24.1.0/bin/node'), '')
  const other = await write(place('Cellar/node/22.0.0/bin/node'), '')
  const [link, old, gone] = [place('link'), place('old'), place('gone')]
  await symlink(running, link)
  await symlink(other, old)
  expect(nodeProgram(running, [gone, old, link])).toBe(link)
  expect(nodeProgram(running, [gone, old])).toBe(running)
  expect(nodeProgram(gone, [gone])).toBe(gone)
})
