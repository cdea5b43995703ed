import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ConfigFile, configSchemaText, openConfigFile } from '../../main/store/config-file.ts'
import { schemaPage } from '../../scripts/config-schema-doc.ts'
import { testHome } from '../harness/home.ts'

const EMPTY = { servers: {}, providers: {}, clients: {}, rules: [], settings: {} }
const invalid = expect.objectContaining({ code: 'config.invalid' })

/** Resolves when the watch reports; nothing else may have reported before. */
function changes(file: ConfigFile) {
  let count = 0
  let next = Promise.withResolvers<void>()
  const stop = file.watch(() => {
    count++
    next.resolve()
    next = Promise.withResolvers()
  })
  return {
    get count() {
      return count
    },
    next: () => next.promise,
    [Symbol.dispose]: stop,
  }
}

/** What the kernel wakes this process for (proc(5), fdinfo of inotify). */
function watchedInodes(): number[] {
  const infos = readdirSync('/proc/self/fdinfo').map((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
    } catch {
      return ''
    }
  })
  return [...infos.join('').matchAll(/^inotify .*?ino:([0-9a-f]+)/gm)].map(([, inode]) =>
    Number.parseInt(inode ?? '', 16),
  )
}

describe('config.json', () => {
  it('is made with its schema beside it, and then is the person’s', async () => {
    await using home = await testHome()
    const file = openConfigFile(home.path)
    const config = path.join(home.path, 'config.json')
    expect(file.read()).toEqual({ $schema: './config.schema.json', ...EMPTY })
    expect(statSync(config).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(config, 'utf8'))).toEqual({ $schema: './config.schema.json' })
    const schema = JSON.parse(readFileSync(path.join(home.path, 'config.schema.json'), 'utf8'))
    expect(Object.keys(schema.properties)).toContain('rules')

    writeFileSync(config, '{ "clients": { "mine": {} } } // kept')
    expect(openConfigFile(home.path).read().clients).toEqual({ mine: {} })
  })

  it('is edited in place, and an edit that would break it is not made', async () => {
    await using home = await testHome()
    const file = openConfigFile(home.path)
    const config = path.join(home.path, 'config.json')
    file.set(['clients', 'cursor'], {})
    expect(file.read().clients).toEqual({ cursor: {} })
    const before = readFileSync(config, 'utf8')
    expect(() => file.set(['clients', 'Not A Name'], {})).toThrow(invalid)
    expect(() =>
      file.set(['servers', 'a'], { command: 'x', env: { TOKEN: 'clear-text' } }),
    ).toThrow(expect.objectContaining({ code: 'config.secret_in_clear' }))
    expect(readFileSync(config, 'utf8')).toBe(before)

    writeFileSync(config, `${before} }`)
    expect(() => file.set(['clients', 'other'], {})).toThrow(invalid)
    expect(readFileSync(config, 'utf8')).toBe(`${before} }`)
  })

  it.each([
    ['missing', (config: string) => rmSync(config)],
    [
      'a directory',
      (config: string) => {
        rmSync(config)
        mkdirSync(config)
      },
    ],
    ['not UTF-8', (config: string) => appendFileSync(config, Buffer.from([0x2f, 0x2f, 0xe9]))],
  ])('that is %s is a broken edit, not an empty one', async (_what, breakIt) => {
    await using home = await testHome()
    const file = openConfigFile(home.path)
    breakIt(path.join(home.path, 'config.json'))
    expect(() => file.read()).toThrow(invalid)
    expect(() => file.set(['clients', 'a'], {})).toThrow(invalid)
  })

  it('may be a link into somebody’s settings, and stays one', async () => {
    await using home = await testHome()
    await using settings = await testHome()
    const [link, target] = [path.join(home.path, 'config.json'), path.join(settings.path, 'w.json')]
    writeFileSync(target, '{ "clients": { "a": {} } }')
    symlinkSync(target, link)
    const file = openConfigFile(home.path)
    file.set(['clients', 'b'], {})
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
    expect(readFileSync(target, 'utf8')).toBe('{ "clients": { "a": {}, "b": {} } }')

    using seen = changes(file)
    const next = seen.next()
    writeFileSync(target, '{}')
    await next
    expect(file.read()).toEqual(EMPTY)
  })
})

describe('the watch on config.json', () => {
  it('sees writing in place, atomic replacement, removal and return', async () => {
    await using home = await testHome()
    const file = openConfigFile(home.path)
    const config = path.join(home.path, 'config.json')
    using seen = changes(file)
    const steps = [
      () => writeFileSync(config, '{ "clients": { "a": {} } }'),
      () => {
        writeFileSync(`${config}.new`, '{ "clients": { "b": {} } }')
        renameSync(`${config}.new`, config)
      },
      () => rmSync(config),
      () => writeFileSync(config, '{}'),
      () => writeFileSync(config, '{ broken'),
    ]
    for (const [index, step] of steps.entries()) {
      const next = seen.next()
      step()
      await next
      expect(seen.count).toBe(index + 1)
    }
  })

  it.runIf(process.platform === 'linux')(
    'watches the file alone, whatever replaced it',
    async () => {
      await using home = await testHome()
      const file = openConfigFile(home.path)
      const config = path.join(home.path, 'config.json')
      const before = watchedInodes()
      const added = () => watchedInodes().filter((inode) => !before.includes(inode))
      using seen = changes(file)
      expect(added()).toEqual([statSync(config).ino])
      const next = seen.next()
      writeFileSync(`${config}.new`, '{ "clients": { "b": {} } }')
      renameSync(`${config}.new`, config)
      await next
      expect(added()).toEqual([statSync(config).ino])
    },
  )

  it('takes several steps of an editor for one change, and ignores our own and its neighbours', async () => {
    await using home = await testHome()
    const file = openConfigFile(home.path)
    const config = path.join(home.path, 'config.json')
    using seen = changes(file)
    file.set(['clients', 'ours'], {})
    writeFileSync(path.join(home.path, 'other.json'), '{}')
    chmodSync(config, 0o640)
    const next = seen.next()
    writeFileSync(config, '')
    writeFileSync(config, '{ "clients": ')
    writeFileSync(config, '{ "clients": { "theirs": {} } }')
    await next
    expect(file.read().clients).toEqual({ theirs: {} })
    expect(seen.count).toBe(1)
  })

  it('ends', async () => {
    await using home = await testHome()
    const file = openConfigFile(home.path)
    const config = path.join(home.path, 'config.json')
    const ended = changes(file)
    ended[Symbol.dispose]()
    using seen = changes(file)
    const next = seen.next()
    writeFileSync(config, '{ "clients": {} }')
    await next
    expect(ended.count).toBe(0)
  })
})

describe('docs/config.schema.json', () => {
  it('is what the schema in the code says (else run `node scripts/config-schema-doc.ts`)', () => {
    expect(readFileSync(schemaPage, 'utf8')).toBe(configSchemaText())
  })

  it('says what may stand in the file, as far as JSON Schema can', () => {
    const schema = JSON.parse(configSchemaText())
    expect(schema.$schema).toContain('json-schema.org')
    expect(schema.additionalProperties).toBe(false)
    expect(schema.properties.rules.items.required).toEqual(['effect', 'client', 'server'])
    const [remote, local] = schema.properties.servers.additionalProperties.anyOf
    expect(remote.required).toEqual(['url'])
    expect(local.required).toEqual(['command'])
  })
})
