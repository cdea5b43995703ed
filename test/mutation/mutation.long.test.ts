import path from 'node:path'
import { expect, it } from 'vitest'
import { run } from '../../scripts/run.ts'

const root = path.join(import.meta.dirname, '../..')
const stryker = path.join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js')
const HOUR_MS = 3_600_000

it('the tests notice nine of ten mutations of what guards the browser, the dialer and the callback', {
  timeout: HOUR_MS,
}, async () => {
  // Its own Vitest must not take itself for a part of this one.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')),
  )
  const config = path.join(import.meta.dirname, 'stryker.config.json')
  expect(await run(process.execPath, [stryker, 'run', config], { cwd: root, env })).toBe(0)
})
