import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { testHome } from '../harness/home.ts'
import { judge, readEntries } from './corpus.ts'
import { expand } from './expand.ts'

describe('placeholders', () => {
  it('are written out everywhere in a value, and other braces stay', () => {
    expect(expand({ a: ['x{{repeat:ab&:2}}y'], b: 1 })).toEqual({ a: ['xab&ab&y'], b: 1 })
    expect(expand('{{list:https://as%d.example:3}}')).toEqual([
      'https://as0.example',
      'https://as1.example',
      'https://as2.example',
    ])
    const data = '{{PORT}} {{constructor.constructor("alert(1)")()}}'
    expect(expand(data)).toBe(data)
  })
})

describe('judging', () => {
  const entries = [{ id: 'a' }, { id: 'b' }, 'nonsense']

  it('fails every entry that nobody could run', async () => {
    expect(await judge(entries)).toEqual([
      { id: 'a', passed: false, reason: 'no runner yet' },
      { id: 'b', passed: false, reason: 'no runner yet' },
      { id: 'entry 2', passed: false, reason: 'no runner yet' },
    ])
    const broken = await judge(entries, { run: () => Promise.reject(new Error('oops')) })
    expect(broken.map((outcome) => outcome.passed)).toEqual([false, false, false])
  })

  it('fails an entry that its runner forgot', async () => {
    const outcomes = await judge(entries, { run: async () => [{ id: 'b', passed: true }] })
    expect(outcomes.map((outcome) => outcome.passed)).toEqual([false, true, false])
  })

  it('finds the entries of every file here', async () => {
    const files = ['urls.json', 'metadata.json', 'callbacks.json', 'http.json', 'stdio.json']
    const paths = [...files, 'secrets.split.json'].map((file) =>
      path.join(import.meta.dirname, file),
    )
    const counts = await Promise.all(paths.map(async (file) => (await readEntries(file)).length))
    expect(counts).toEqual([194, 87, 78, 127, 99, 146])
  })
})

describe('npm run corpus', () => {
  const hostile = {
    id: 'one',
    field: 'authorization_endpoint',
    server_url: 'https://mcp.vendor.example/mcp',
    input: 'file:///etc/passwd',
    expect: 'reject',
  }

  it('runs any folder, names what failed, and ends with 1 on any failure', async () => {
    await using home = await testHome()
    const wrong = { ...hostile, id: 'two', expect: 'accept' }
    await writeFile(path.join(home.path, 'urls.more.json'), JSON.stringify([hostile, wrong, {}]))
    await writeFile(path.join(home.path, 'other.json'), '[]')
    const { code, lines } = await corpus('--dir', home.path)
    expect(code).toBe(1)
    expect(lines).toEqual([
      'urls 1/3',
      expect.stringMatching(/^ {2}two: was refused/),
      '  entry 2: the runner did not judge it',
    ])
  })

  it('ends with 0 where all passed, and takes names', async () => {
    await using home = await testHome()
    await writeFile(path.join(home.path, 'urls.json'), JSON.stringify([hostile]))
    await writeFile(path.join(home.path, 'stdio.json'), 'broken')
    expect(await corpus('--dir', home.path, '--only', 'urls')).toEqual({
      code: 0,
      lines: ['urls 1/1'],
    })
    expect((await corpus('--dir', home.path)).code).toBe(1)
  })

  it('ends with 1 where there is nothing to run, and with 2 on wrong usage', async () => {
    await using home = await testHome()
    expect((await corpus('--dir', home.path)).code).toBe(1)
    expect(await corpus('--dir', home.path, '--only', 'urls')).toEqual({
      code: 1,
      lines: ['urls 0/0'],
    })
    expect((await corpus('--nonsense')).code).toBe(2)
  })
})

async function corpus(...args: string[]): Promise<{ code: number; lines: string[] }> {
  const script = path.join(import.meta.dirname, '../../scripts/corpus.ts')
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { code, lines: output.split('\n').filter(Boolean) }
}
