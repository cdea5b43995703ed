import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildRenderer } from '../harness/renderer.ts'

/** Bytes after gzip. */
const MOST = 350_000

let folder: string
let files: { name: string; size: number }[]
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'warder-first-load-'))
  await buildRenderer(path.join(folder, 'renderer'), 'production')
  const names = await readdir(path.join(folder, 'renderer'), { recursive: true })
  files = await Promise.all(
    names
      .filter((name) => /\.(?:html|js|css|svg|woff2)$/.test(name))
      // Asked for only where a name has letters beyond those of Western Europe.
      .filter((name) => !name.includes('latin-ext'))
      .map(async (name) => ({
        name,
        size: gzipSync(await readFile(path.join(folder, 'renderer', name))).length,
      })),
  )
})
afterAll(() => rm(folder, { recursive: true }))

it('is within its limit, page, style and typeface together', () => {
  expect(files.map(({ name }) => path.extname(name))).toEqual(
    expect.arrayContaining(['.html', '.js', '.css', '.woff2']),
  )
  expect(files.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(MOST)
})
