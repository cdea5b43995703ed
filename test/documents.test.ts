import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { createOutput } from '../main/cli/output.ts'
import { createProgram } from '../main/cli/program.ts'
import { addServe } from '../main/cli/serve.ts'
import packages from '../package.json' with { type: 'json' }

const root = path.join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const find = (pattern: string) => globSync(pattern, { cwd: root }).toSorted()
const sink = { write: () => undefined }
const output = createOutput({ json: false, stdout: sink, stderr: sink, env: {} })
const pages = find('{*,docs/*,docs/adr/*}.md')

describe('decisions', () => {
  const decisions = find('docs/adr/*.md')

  it('are numbered from 1 on, each number once, the same in name and title', () => {
    expect(decisions.map((file) => Number(path.basename(file).slice(0, 3)))).toEqual(
      decisions.map((_, index) => index + 1),
    )
    expect(decisions.map((file) => /^# (\d+)\. \S/.exec(read(file))?.[1])).toEqual(
      decisions.map((_, index) => String(index + 1)),
    )
  })

  it('exist where they are referred to', () => {
    const sources = [...pages, ...find('{main,preload,renderer,scripts,test}/**/*.{ts,tsx}')]
      .filter((file) => !file.includes('node_modules'))
      .map((file) => [file, read(file)] as const)
    const named = sources.flatMap(([file, text]) =>
      [...text.matchAll(/\bADR (\d+)/g)].map(([, number]) => ({ file, number: Number(number) })),
    )
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter(({ number }) => number < 1 || number > decisions.length)).toEqual([])
  })
})

describe('a page', () => {
  it.each(pages)('names only scripts of package.json: %s', (page) => {
    const named = [...read(page).matchAll(/\bnpm run ([\w:]+)/g)].map(([, name = '']) => name)
    expect(named.filter((name) => !Object.hasOwn(packages.scripts, name))).toEqual([])
  })

  it.each(pages)('leads only to files that exist: %s', (page) => {
    const links = [...read(page).matchAll(/(?:\]\(|src(?:set)?=")(?!https?:|#)([^)"#]+)/g)]
    const missing = links.filter(
      ([, link = '']) => !existsSync(path.join(root, path.dirname(page), link)),
    )
    expect(missing.map(([, link]) => link)).toEqual([])
  })
})

it('docs/limits.md names tests that exist', () => {
  const rows = read('docs/limits.md')
    .split('\n')
    .filter((line) => /^\|.*`.*\|$/.test(line))
  const tests = rows.map((row) => [...(row.split('|').at(-2) ?? '').matchAll(/`([^`]+)`/g)])
  expect(tests.length).toBeGreaterThan(0)
  for (const [index, named] of tests.entries()) {
    expect(named, rows[index]).not.toEqual([])
    for (const [, name = ''] of named)
      expect(existsSync(path.join(root, 'test', `${name}.test.ts`)), name).toBe(true)
  }
})

it('docs/dependencies.md says of each package what it is for', () => {
  const page = read('docs/dependencies.md')
  const { dependencies, devDependencies, optionalDependencies } = packages
  const names = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})

describe('the README', () => {
  const program = createProgram([], output, addServe, () => undefined)
  const lines = [...read('README.md').matchAll(/^ {4}(?:.*\s)?warder ([a-z][^#|\n]*)/gm)].map(
    ([, line = '']) => line.replace(/ [|>] .*/, '').trim(),
  )

  it('shows lines of the command line', () => expect(lines.length).toBeGreaterThan(30))

  it.each(lines)('has verbs and options that there are: warder %s', (line) => {
    const words = (line.split(' -- ')[0] ?? '').split(/\s+/)
    let command: Command = program
    for (const word of words) {
      const next = command.commands.find((one) => one.name() === word)
      // Behind a group stands one of its verbs, or nothing.
      if (next === undefined && command.commands.length > 0) expect(word).toMatch(/^--/)
      if (next === undefined) break
      command = next
    }
    expect(command, 'a verb').not.toBe(program)
    const known = [...command.options, ...program.options].map(({ long }) => long)
    expect(words.filter((word) => word.startsWith('--') && !known.includes(word))).toEqual([])
  })
})
