import { execFile } from 'node:child_process'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const scripts = path.join(import.meta.dirname, '..', 'scripts')

/** @returns the exit code and both streams */
const run = (script: string, args: readonly string[]) =>
  new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) =>
    execFile(process.execPath, [path.join(scripts, script), ...args], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    ),
  )

describe('a script that is used in a wrong way ends with 2 and one sentence', () => {
  it.each([
    ['bench.ts', '--bogus'],
    ['bench.ts', '--only=bogus'],
    ['conformance.ts', '--bogus'],
    ['conformance.ts', 'bogus'],
    ['corpus.ts', '--bogus'],
    ['corpus.ts', '--dir=/nowhere/at/all'],
    ['demo.ts', '--bogus'],
    ['mcpb.ts', '--bogus'],
    ['package-check.ts', '--bogus'],
  ])('%s %s', async (script, wrong) => {
    const { code, stdout, stderr } = await run(script, [wrong])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^[A-Z][^\n]+\n$/)
  })
})

it('npm start heeds the options of `warder serve`, which the app has not', async () => {
  const { code, stderr } = await run('start.ts', ['--vault', 'bogus'])
  expect(stderr).toContain('Starting without a window: --vault is an option of `warder serve`.')
  expect(code).toBe(2)
})
