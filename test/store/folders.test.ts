import { describe, expect, it } from 'vitest'
import { configSchema } from '../../main/store/config-schema.ts'
import { isWithin } from '../../main/store/folders.ts'

describe('a folder of a rule', () => {
  it.each([
    ['/a/b', '/a/b', true],
    ['/a/b/c', '/a/b', true],
    ['/a/b/c', '/a/b/', true],
    ['/a/b', '/', true],
    ['/a/bc', '/a/b', false],
    ['/a', '/a/b', false],
    ['/A/b', '/a/b', false],
    ['/a\\b/c', '/a', false],
  ])('%s lies in %s: %s', (folder, outer, expected) => {
    expect(isWithin(folder, outer, 'linux')).toBe(expected)
  })

  it.each([
    ['C:\\Work\\Notes', 'c:/work', true],
    ['C:\\Workshop', 'C:\\Work', false],
    ['D:\\Work', 'C:\\Work', false],
  ])('on Windows, where case means nothing, %s lies in %s: %s', (folder, outer, expected) => {
    expect(isWithin(folder, outer, 'win32')).toBe(expected)
  })

  it.each(['work', './work', '/work/../home', '/work/.', 'C:work', '/work/..'])(
    'is not %s',
    (folder) => {
      const client = { folders: [{ folder, accounts: {} }] }
      expect(configSchema.safeParse({ clients: { cursor: client } }).success).toBe(false)
    },
  )

  it('is named once', () => {
    const rule = { folder: '/work', accounts: {} }
    const parsed = configSchema.safeParse({ clients: { cursor: { folders: [rule, rule] } } })
    expect(parsed.error?.issues[0]?.path).toEqual(['clients', 'cursor', 'folders', 1, 'folder'])
  })
})
