import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { serverSchema } from '../../../main/store/config-schema.ts'
import { readBundle } from '../../../main/wiring/adoption/bundle.ts'
import { givenValues } from '../../../main/wiring/adoption/values.ts'
import { readZip } from '../../../main/wiring/adoption/zip.ts'
import { testHome } from '../../harness/home.ts'

interface File {
  readonly name: string
  readonly text: string
  readonly mode?: number
  readonly size?: number
}

/** APPNOTE 4.3: as any packer writes it. */
function zip(files: readonly File[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, text, mode = 0o100644, size } of files) {
    const bytes = Buffer.from(text)
    const packed = deflateRawSync(bytes)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(8, 4)
    common.writeUInt32LE(crc32(bytes), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(size ?? bytes.length, 18)
    common.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([
      Buffer.from('PK\x03\x04', 'latin1'),
      common,
      Buffer.from(name),
      packed,
    ])
    const central = Buffer.alloc(46)
    central.write('PK\x01\x02', 0, 'latin1')
    central.writeUInt16LE(0x0314, 4)
    common.copy(central, 6)
    central.writeUInt32LE((mode << 16) >>> 0, 38)
    central.writeUInt32LE(offset, 42)
    directory.push(central, Buffer.from(name))
    parts.push(local)
    offset += local.length
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, ...directory, end])
}

const manifest = {
  manifest_version: '0.3',
  name: 'notes',
  version: '1.0.0',
  server: {
    type: 'node',
    entry_point: 'server/index.js',
    mcp_config: {
      command: 'node',
      args: [
        '${__dirname}/server/index.js',
        '--folder',
        '${user_config.folder}',
        '--key=${user_config.key}',
      ],
      env: { NOTES_TOKEN: '${user_config.token}', REGION: '${user_config.region}' },
      platform_overrides: { win32: { command: 'node.exe' } },
    },
  },
  user_config: {
    folder: { type: 'directory', title: 'Folder', required: true },
    token: { type: 'string', title: 'Token', sensitive: true, required: true },
    key: { type: 'string', sensitive: true },
    region: { type: 'string', default: 'eu' },
  },
}
const files = (about: object = manifest): File[] => [
  { name: 'manifest.json', text: JSON.stringify(about) },
  { name: 'server/index.js', text: 'console.log(1)' },
  { name: 'bin/tool', text: '#!/bin/sh\n', mode: 0o100755 },
]
const read = (
  archive: Buffer,
  folder: string,
  more: { expected?: string; platform?: NodeJS.Platform } = {},
) =>
  readBundle(archive, {
    name: 'notes',
    folder,
    home: '/home/ann',
    platform: 'linux',
    values: givenValues({ folder: '/notes' }),
    ...more,
  })

describe('a bundle', () => {
  it('becomes a local server in a folder of its own, with what is sensitive in the vault', async () => {
    await using home = await testHome()
    const archive = zip(files())
    const { incoming, sha256, unpack } = read(archive, home.path)
    const place = path.join(home.path, sha256)
    expect(sha256).toBe(createHash('sha256').update(archive).digest('hex'))
    serverSchema.parse(incoming.definition)
    expect(incoming.definition).toEqual({
      command: 'node',
      args: [`${place}/server/index.js`, '--folder', '/notes', '--key={argument:KEY}'],
      env: { NOTES_TOKEN: 'secret:notes-token', REGION: 'eu' },
      arguments: { KEY: 'secret:notes-key' },
      cwd: place,
    })
    expect(existsSync(place)).toBe(false)
    unpack()
    expect(execFileSync(process.execPath, [`${place}/server/index.js`], { encoding: 'utf8' })).toBe(
      '1\n',
    )
    expect(statSync(path.join(place, 'bin/tool')).mode & 0o777).toBe(0o700)
    expect(statSync(path.join(place, 'manifest.json')).mode & 0o777).toBe(0o600)
    // Once more, over what somebody changed there.
    unpack()
    expect(readdirSync(home.path)).toEqual([sha256])
    expect(readFileSync(path.join(place, 'server/index.js'), 'utf8')).toBe('console.log(1)')
    expect(read(archive, home.path, { platform: 'win32' }).incoming.definition).toMatchObject({
      command: 'node.exe',
    })
  })

  it('is the one that was expected, or none', () => {
    const archive = zip(files())
    const right = createHash('sha256').update(archive).digest('hex')
    expect(read(archive, '/x', { expected: right.toUpperCase() }).sha256).toBe(right)
    expect(() => read(archive, '/x', { expected: right.replace(/^./, 'g') })).toThrow('SHA-256')
  })

  it.each([
    [[{ name: '../x', text: '' }], 'leads out'],
    [[{ name: '/x', text: '' }], 'leads out'],
    [[{ name: 'a/../../x', text: '' }], 'leads out'],
    [[{ name: 'a\\x', text: '' }], 'leads out'],
    [[{ name: 'C:x', text: '' }], 'leads out'],
    [[{ name: 'a//x', text: '' }], 'leads out'],
    [[{ name: 'x', text: '/etc/passwd', mode: 0o120777 }], 'no file'],
    [
      [
        { name: 'x', text: '1' },
        { name: 'X', text: '2' },
      ],
      'one name',
    ],
    [[{ name: 'x', text: '1', size: 600 * 1024 * 1024 }], 'too large'],
  ])('is refused with %j in it', (more, why) => {
    expect(() => read(zip([...files(), ...more]), '/x')).toThrow(why)
  })

  it('is refused where a file is larger than it says, where it is cut off, and without a manifest', () => {
    const bomb = zip([{ name: 'manifest.json', text: 'x'.repeat(1000), size: 10 }])
    expect(() => read(bomb, '/x')).toThrow('damaged')
    expect(() => read(zip(files()).subarray(0, 100), '/x')).toThrow('no ZIP archive')
    expect(() => read(zip(files().slice(1)), '/x')).toThrow('no manifest.json')
    expect(() => read(zip([{ name: 'manifest.json', text: '{}' }]), '/x')).toThrow(
      'manifest.json is not one',
    )
    expect(readZip(zip(files())).map(({ name }) => name)).toEqual([
      'manifest.json',
      'server/index.js',
      'bin/tool',
    ])
  })

  it.each([
    ['a variable', { ...manifest.server.mcp_config, env: { NOTES: 'secret:github-token' } }],
    ['an argument', { ...manifest.server.mcp_config, args: ['${user_config.guess}'] }],
    ['an account', { ...manifest.server.mcp_config, env: { NOTES: 'grant:notion' } }],
  ])('is refused what lies in the vault of others, in %s', (_where, mcp_config) => {
    const guess = { type: 'string', default: 'secret:github-token' }
    const about = {
      ...manifest,
      server: { ...manifest.server, mcp_config },
      user_config: { ...manifest.user_config, guess },
    }
    expect(() => read(zip(files(about)), '/nowhere')).toThrow(
      expect.objectContaining({ message: expect.stringContaining('names a secret or an account') }),
    )
  })

  it('is refused where a credential would stand in the middle of a variable', () => {
    const { server } = manifest
    const env = { NOTES_TOKEN: 'Bearer ${user_config.token}' }
    const about = { ...manifest, server: { ...server, mcp_config: { ...server.mcp_config, env } } }
    expect(() => read(zip(files(about)), '/x')).toThrow('middle of a variable')
  })
})
