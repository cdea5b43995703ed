import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'

const heap = pathToFileURL(path.join(import.meta.dirname, '../main/heap.ts')).href

/** MiB of the young generation after a burst, as the process itself says. */
const burst = `
  import v8 from 'node:v8'
  const { keepHeapSmall } = await import(${JSON.stringify(heap)})
  if (process.argv[1] === 'small') keepHeapSmall()
  let kept = []
  for (let turn = 0; turn < 3_000_000; turn++) {
    kept.push({ turn, list: [turn] })
    if (kept.length > 60_000) kept = []
  }
  const young = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
  console.log(Math.round(young.space_size / 1024 / 1024))
`

function youngAfterBurst(kind: 'small' | 'usual'): number {
  const program = ['--input-type=module', '--eval', burst, kind]
  const { stdout, stderr } = spawnSync(process.execPath, program, { encoding: 'utf8' })
  expect(stderr).toBe('')
  return Number(stdout)
}

it('gives the young generation its size, and keeps it from growing with a burst', () => {
  expect(youngAfterBurst('small')).toBe(12)
  expect(youngAfterBurst('usual')).toBeGreaterThan(12)
})
