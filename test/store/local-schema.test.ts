import { describe, expect, it } from 'vitest'
import { describe as describeServer, destination } from '../../main/servers/servers.ts'
import { clearSecret } from '../../main/store/clear-secrets.ts'
import { fileOf, fillPlaceholders, localServerSchema } from '../../main/store/local-schema.ts'

const problems = (definition: object) => {
  const parsed = localServerSchema.safeParse({ command: 'x', ...definition })
  return parsed.success ? [] : parsed.error.issues.map(({ message }) => message)
}

describe('the definition of a local server', () => {
  it.each([
    { files: { KEY: 'secret:k' } },
    { files: { KEY: { from: 'grant:s', once: true } }, args: ['--key={file:KEY}'] },
    { arguments: { KEY: 'secret:k' }, args: ['--key', '{argument:KEY}'] },
    { files: { KEY: 'grant:s' }, onRenewal: 'refeed' },
    { env: { KEY: 'secret:k' }, files: { TOKEN: 'grant:s' }, onRenewal: 'refeed' },
    { env: { KEY: 'grant:s' }, onRenewal: 'restart' },
    { args: ['{port}', '{file}', '{"file":1}'] },
    { instance: 'shared' },
    { limits: { memoryMiB: 512, processes: 8, openFiles: 256 } },
    { limits: {} },
    { http: {}, args: ['--port={port}'] },
    { http: { path: '/', headers: { 'X-Key': 'secret:k' } }, env: { PORT: '{port}' } },
  ])('%j is fine', (definition) => {
    expect(problems(definition)).toEqual([])
  })

  it.each([
    [{ files: { KEY: 'a value' } }, 'write secret:NAME or grant:SERVER'],
    [{ arguments: { KEY: 'a value' }, args: ['{argument:KEY}'] }, 'write secret:NAME'],
    [{ limits: { memoryMiB: 0 } }, 'expected number to be >=16'],
    [{ limits: { memory: 512 } }, 'Unrecognized key'],
    [{ args: ['{file:KEY}'] }, '{file:KEY} is not among its files'],
    [{ args: ['{argument:KEY}'] }, '{argument:KEY} is not among its arguments'],
    [{ http: {}, args: ['{port}'], instance: 'shared' }, 'only a server over standard input'],
    [{ http: {}, args: ['--port=80'] }, 'write {port} into an argument or variable'],
    [{ http: { path: '//evil.example?' }, args: ['{port}'] }, 'a path, as /mcp'],
    [{ http: { path: '@evil.example' }, args: ['{port}'] }, 'a path, as /mcp'],
    [{ arguments: { KEY: 'secret:k' } }, 'write {argument:KEY} where it belongs'],
    [{ env: { KEY: 'a' }, files: { KEY: 'secret:k' } }, 'is a variable in env already'],
    [{ env: { KEY: 'grant:s' }, onRenewal: 'refeed' }, 'can be fed again only in a file'],
    [
      { arguments: { K: 'grant:s' }, args: ['{argument:K}'], onRenewal: 'refeed' },
      'can be fed again only in a file',
    ],
    [
      { files: { K: { from: 'grant:s', once: true } }, onRenewal: 'refeed' },
      'can be fed again only in a file',
    ],
  ])('%j is refused', (definition, words) => {
    expect(problems(definition).join()).toContain(words)
  })

  it('has its placeholders filled once: what a value says is no placeholder', () => {
    const filled = fillPlaceholders(['--k={argument:A}{file:B}', '{argument:C}'], (kind, name) =>
      name === 'A' ? '{file:B}$&' : kind === 'file' ? '/p' : undefined,
    )
    expect(filled).toEqual(['--k={file:B}$&/p', '{argument:C}'])
  })

  it('has no credential in clear text where a placeholder stands, and has one beside it', () => {
    const clear = (...args: string[]) => clearSecret({ command: 'x', args })
    expect(clear('--api-key={argument:KEY}', '--token', '{file:TOKEN}')).toBeNull()
    expect(clear('--api-key={argument:KEY}x')).not.toBeNull()
    expect(clear('--api-key', 'x{argument:KEY}')).not.toBeNull()
  })

  it('differs in words, and as a destination for secrets, with every way a credential takes', () => {
    const variants = [
      {},
      { files: { K: 'secret:k' } },
      { files: { K: { from: 'secret:k', once: true } } },
      { files: { L: 'secret:k' } },
      { arguments: { K: 'secret:k' } },
      { arguments: { K: 'secret:l' } },
      { http: { path: '/mcp' } },
      { http: { path: '/other' } },
      { http: { path: '/mcp', headers: { K: 'secret:k' } } },
      { http: { path: '/mcp', headers: { K: 'plain' } } },
    ].map((more) => ({ command: 'x', args: ['{port}'], ...more }))
    expect(new Set(variants.map(destination)).size).toBe(variants.length)
    const words = variants.map((definition) => describeServer({ name: 's', definition }).join('\n'))
    expect(new Set(words).size).toBe(variants.length)
    expect(words[4]).toContain('OTHER USERS OF THIS MACHINE CAN SEE IT')
  })

  it('says to the person who is asked that clients share it', () => {
    const words = (instance: 'client' | 'shared') =>
      describeServer({ name: 's', definition: { command: 'x', args: [], instance } }).join()
    expect(words('shared')).toContain('one process for all clients with the same accounts')
    expect(words('client')).not.toContain('one process')
  })

  it('writes a file in two ways', () => {
    expect(fileOf('secret:k')).toEqual({ from: 'secret:k', once: false })
    expect(fileOf({ from: 'secret:k' })).toEqual({ from: 'secret:k', once: false })
    expect(fileOf({ from: 'secret:k', once: true })).toEqual({ from: 'secret:k', once: true })
  })
})
