import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { replaceFile } from '../../main/store/files.ts'
import { testHome } from '../harness/home.ts'

const run = promisify(execFile)
const fixture = fileURLToPath(new URL('./fixtures/replace-file.ts', import.meta.url))

describe('replacing a file', () => {
  it('leaves the new content, mode 0600, and nothing else', async () => {
    await using home = await testHome()
    const file = path.join(home.path, 'a.json')
    writeFileSync(file, 'old')
    chmodSync(file, 0o644)
    replaceFile(file, 'new')
    expect(readFileSync(file, 'utf8')).toBe('new')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    replaceFile(file, Buffer.alloc(0))
    expect(readFileSync(file)).toHaveLength(0)
    expect(readdirSync(home.path)).toEqual(['a.json'])
  })

  it('keeps what is there where it cannot be replaced', async () => {
    await using home = await testHome()
    const taken = path.join(home.path, 'taken')
    mkdirSync(path.join(taken, 'full'), { recursive: true })
    expect(() => replaceFile(taken, 'new')).toThrow(
      expect.objectContaining({ code: 'store.unwritable' }),
    )
    expect(readdirSync(taken)).toEqual(['full'])
    expect(readdirSync(home.path)).toEqual(['taken'])
    expect(() => replaceFile(path.join(home.path, 'none', 'a'), 'new')).toThrow(
      expect.objectContaining({ code: 'store.unwritable' }),
    )
  })

  it.runIf(process.platform === 'linux')(
    'keeps the old file when the disk takes no more',
    async () => {
      await using home = await testHome()
      const file = path.join(home.path, 'a.json')
      writeFileSync(file, 'old')
      const { stdout } = await run('prlimit', ['--fsize=65536', process.execPath, fixture, file])
      expect(stdout.trim()).toBe('store.unwritable')
      expect(readFileSync(file, 'utf8')).toBe('old')
      expect(readdirSync(home.path)).toEqual(['a.json'])
    },
  )
})
