import { describe, expect, it } from 'vitest'
import { runnerOf } from '../../main/runtime/runners.ts'

const of = (line: string) => {
  const [command = '', ...args] = line.split(' ')
  return runnerOf(command, args)
}
const npm = (spec: string, args: string[] = [], bin: string | null = null) => ({
  kind: 'npm',
  spec,
  bin,
  args,
})

describe('a command that fetches a package', () => {
  it.each([
    ['npx -y name', npm('name')],
    ['npx --yes @a/b@^1.2 --flag x', npm('@a/b@^1.2', ['--flag', 'x'])],
    ['/usr/bin/npx -y -- name@latest -y', npm('name@latest', ['-y'])],
    ['C:\\nodejs\\npx.cmd -y name', npm('name')],
    ['npx -p @a/b tool --x', npm('@a/b', ['--x'], 'tool')],
    ['npx --package=@a/b -- tool', npm('@a/b', [], 'tool')],
    ['npm exec -y -- name a', npm('name', ['a'])],
    ['npm x name', npm('name')],
  ])('%s is one package of the registry', (line, expected) => {
    expect(of(line)).toEqual(expected)
  })

  it.each([
    ['npx', 'no package'],
    ['npx -c id', '"-c"'],
    ['npx --registry=http://evil.example name', '"--registry=http://evil.example"'],
    ['npx -p a -p b tool', 'several packages'],
    ['npx -p a', 'no program'],
    ['npx -y github:a/b', 'no package of a registry'],
    ['npx -y ./folder', 'no package of a registry'],
    ['npx -y https://a.example/b.tgz', 'no package of a registry'],
    ['npx -y a@npm:b', 'no package of a registry'],
    ['uvx name', 'write it exactly, as name==1.2.3'],
    ['uvx name>=1', 'write it exactly'],
    ['uvx --from pkg tool', 'write it exactly, as pkg==1.2.3'],
    ['uvx --with other name==1.0', '--with brings packages'],
    ['uv tool run name', 'write it exactly'],
    ['pipx run name', 'write it exactly'],
    ['bunx name', 'write it exactly, as name@1.2.3'],
    ['bunx name@1', 'write it exactly'],
    ['pnpm dlx name@latest', 'write it exactly'],
    ['yarn dlx name', 'write it exactly'],
  ])('%s is refused', (line, words) => {
    expect(of(line)).toEqual({ kind: 'refused', reason: expect.stringContaining(words) })
  })

  it.each([
    ['uvx name==1.2.3 --x', 'name', '1.2.3'],
    ['uvx name@1.2.3', 'name', '1.2.3'],
    ['uvx --from pkg==0.4 tool', 'pkg', '0.4'],
    ['uvx -p 3.12 name==1', 'name', '1'],
    ['uv tool run --from=pkg==0.4 tool', 'pkg', '0.4'],
    ['pipx run --spec pkg==0.4 tool', 'pkg', '0.4'],
    ['bunx name@1.2.3', 'name', '1.2.3'],
    ['pnpm dlx @a/b@1.2.3', '@a/b', '1.2.3'],
  ])('%s runs as it is written', (line, name, version) => {
    expect(of(line)).toEqual({ kind: 'exact', name, version })
  })

  it.each(['node server.js', 'npm run x', 'uv run server.py', 'python -m pip', 'bun server.ts'])(
    '%s is none',
    (line) => expect(of(line)).toBeNull(),
  )
})
