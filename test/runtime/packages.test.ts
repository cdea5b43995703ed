import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPackages } from '../../main/runtime/packages.ts'
import { createRuns } from '../../main/runtime/runs.ts'
import { packageOf } from '../../main/servers/package-of.ts'
import type { LocalServer } from '../../main/store/config-schema.ts'
import { testHome } from '../harness/home.ts'
import { type NpmRegistry, startNpmRegistry } from '../harness/npm-registry.ts'

/** `npx -y NAME` with the real npm and a registry of our own: what is approved is what runs. */

let stack: AsyncDisposableStack
let registry: NpmRegistry
let folder: string
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  registry = stack.use(await startNpmRegistry())
  folder = path.join(stack.use(await testHome()).path, 'packages')
})
afterEach(() => stack.disposeAsync())

const runs = () => createRuns({ packages: createPackages(folder) })
const command = (...args: string[]): LocalServer => ({
  command: 'npx',
  args,
  env: { ...registry.environment },
})
const server = (definition: LocalServer) => ({ name: 's', definition })
const publish = (version: string, text = version) =>
  registry.publish(
    {
      name: '@test/tool',
      version,
      bin: { tool: 'bin/tool.js', other: 'bin/other.js' },
      scripts: { postinstall: 'node mark.js' },
    },
    {
      'bin/tool.js': `#!/usr/bin/env node\nconsole.log(${JSON.stringify(text)})`,
      'bin/other.js': '#!/usr/bin/env node\n',
      'mark.js': `require('fs').writeFileSync('ran', '')`,
    },
  )

async function approved(definition: LocalServer): Promise<LocalServer> {
  const { pin } = await runs().resolve(server(definition))
  return { ...definition, pin }
}

const ranScripts = (file: string) => existsSync(path.join(path.dirname(file), '..', 'ran'))

describe('npx -y NAME', () => {
  it('is approved as the version and integrity that the registry has, before any of it is fetched', async () => {
    publish('1.0.0')
    const integrity = publish('1.1.0')
    const { pin } = await approved(command('-y', '@test/tool', '--root', '/srv'))
    expect(pin).toEqual({
      program: expect.stringMatching(/node$/),
      files: [expect.stringMatching(/node_modules\/@test\/tool\/bin\/tool\.js$/)],
      package: { name: '@test/tool', version: '1.1.0', integrity },
    })
    expect(pin?.files?.[0]?.startsWith(folder)).toBe(true)
    expect(registry.asked.filter((one) => one.endsWith('.tgz'))).toEqual([])
    const other = await approved(command('-y', '-p', '@test/tool@1.0.0', 'other'))
    expect(other.pin).toMatchObject({ package: { version: '1.0.0' } })
    expect(other.pin?.files?.[0]).toMatch(/bin\/other\.js$/)
  })

  it('runs that one, by Node, with its own install scripts, and without the network from then on', async () => {
    publish('1.0.0')
    const definition = await approved(command('-y', '@test/tool', '--root', '/srv'))
    const run = await runs().confirmed(server(definition))
    const [file = ''] = definition.pin?.files ?? []
    expect(run).toMatchObject({ file: definition.pin?.program, args: [file, '--root', '/srv'] })
    expect(readFileSync(file, 'utf8')).toContain('"1.0.0"')
    expect(ranScripts(file)).toBe(true)
    publish('2.0.0')
    registry.down = true
    const before = registry.asked.length
    expect(await runs().confirmed(server(definition))).toEqual(run)
    expect(registry.asked.length).toBe(before)
  })

  it('comes from the registry that npm was given for the whole machine', async () => {
    publish('1.0.0')
    const definition = await approved({
      ...command('-y', '@test/tool'),
      env: { ...registry.machineWide },
    })
    const { args } = await runs().confirmed(server(definition))
    expect(existsSync(args[0] ?? '')).toBe(true)
    expect(registry.asked.filter((one) => one.endsWith('.tgz'))).toHaveLength(1)
  })

  it('runs nothing of an archive that is not what was approved', async () => {
    publish('1.0.0')
    const definition = await approved(command('-y', '@test/tool'))
    publish('1.0.0', 'another one under the same version')
    const [file = ''] = definition.pin?.files ?? []
    await expect(runs().confirmed(server(definition))).rejects.toMatchObject({
      code: 'server.changed',
      message: expect.stringContaining('nothing of it was run'),
    })
    expect(existsSync(file)).toBe(false)
    // Nor the next time, nor where a file claims that all was done.
    await expect(runs().confirmed(server(definition))).rejects.toMatchObject({
      code: 'server.changed',
    })
  })

  it('is given up in the middle where a person says so, and begun anew by the next start', async () => {
    publish('1.0.0')
    const definition = await approved(command('-y', '@test/tool'))
    const one = runs()
    const told: number[] = []
    one.events.on('installing', () => told.push(one.installing().length))
    const asked = registry.hold()
    const started = one.confirmed(server(definition))
    const ended = expect(started).rejects.toMatchObject({
      code: 'server.start_failed',
      message: 's could not be installed: somebody gave it up.',
    })
    await asked
    expect(one.installing()).toMatchObject([{ server: 's', name: '@test/tool', version: '1.0.0' }])
    one.giveUp('s')
    await ended
    expect([one.installing(), told]).toEqual([[], [1, 0]])
    registry.release()
    await one.confirmed(server(definition))
    const [file = ''] = definition.pin?.files ?? []
    expect(existsSync(file)).toBe(true)
  })

  it('is given up with Warder, which else could not end before it is there', async () => {
    publish('1.0.0')
    const definition = await approved(command('-y', '@test/tool'))
    const packages = createPackages(folder)
    const asked = registry.hold()
    const given = { code: 'server.start_failed', message: expect.stringContaining('gave it up') }
    const one = createRuns({ packages })
    const starting = expect(one.confirmed(server(definition))).rejects.toMatchObject(given)
    await asked
    packages.close()
    await starting
    await expect(one.resolve(server(command('-y', '@test/tool')))).rejects.toMatchObject(given)
    registry.release()
  })

  it('is removed by a start that no longer wants it, and nothing else is', async () => {
    const packages = createPackages(folder)
    await packages.prune([])
    publish('1.0.0')
    const before = await approved(command('-y', '@test/tool'))
    await runs().confirmed(server(before))
    publish('1.1.0')
    const now = await approved(command('-y', '@test/tool'))
    await runs().confirmed(server(now))
    // A start that was killed had not finished.
    mkdirSync(path.join(folder, 'unused-1'))
    writeFileSync(path.join(folder, 'note.txt'), 'of somebody else')
    const wanted = packageOf(now)
    await packages.prune(wanted === null ? [] : [wanted])
    expect([before, now].map(({ pin }) => existsSync(pin?.files?.[0] ?? ''))).toEqual([false, true])
    expect(readdirSync(folder)).toHaveLength(2)
    expect(existsSync(path.join(folder, 'note.txt'))).toBe(true)
  })

  it('is not approved where the registry cannot be asked, or has no such package', async () => {
    for (const [down, name] of [
      [false, 'no-such-package'],
      [true, '@test/tool'],
    ] as const) {
      registry.down = down
      await expect(runs().resolve(server(command('-y', name)))).rejects.toMatchObject({
        code: 'server.start_failed',
        message: expect.stringContaining('npm could not do it'),
      })
    }
  })
})
