import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createDialer } from '../../main/net/dialer.ts'
import { createRegistry } from '../../main/servers/registry.ts'
import { testHome } from '../harness/home.ts'
import { startServer } from '../net/server.ts'

const entry = { server: { name: 'io.example/files', version: '1.2.3', packages: [] } }
const bytes = Buffer.from('PK a bundle')
const sha256 = createHash('sha256').update(bytes).digest('hex')

async function stage() {
  const stack = new AsyncDisposableStack()
  const home = stack.use(await testHome())
  const asked: string[] = []
  const server = stack.use(
    await startServer((request, response) => {
      asked.push(request.url ?? '')
      if (request.url?.endsWith('/versions/latest')) response.end(JSON.stringify(entry))
      else if (request.url === '/moved') response.writeHead(302, { location: '/bundle' }).end()
      else if (request.url === '/inside')
        response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
      else if (request.url === '/bundle') response.end(bytes)
      else response.writeHead(404).end('{}')
    }),
  )
  const url = `http://127.0.0.1:${server.port}`
  const dialer = createDialer()
  stack.defer(() => dialer.close())
  const folder = path.join(home.path, 'bundles')
  const registry = createRegistry({ fetch: dialer.fetch, folder, base: url })
  return {
    registry,
    asked,
    folder,
    url,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

describe('the MCP Registry', () => {
  it('is asked for one server by name, in one segment of the path', async () => {
    await using world = await stage()
    expect(await world.registry.read('io.example/files')).toEqual(entry)
    await expect(world.registry.read('io.example/files', '9.9.9')).rejects.toMatchObject({
      code: 'registry.unknown',
    })
    for (const [name, version] of [
      ['io.example/\ud800', undefined],
      ['io.example/files', '\udc00'],
    ] as const)
      await expect(world.registry.read(name, version)).rejects.toMatchObject({
        code: 'registry.unknown',
      })
    await expect(world.registry.read('io.example/files', '../../x')).rejects.toMatchObject({
      code: 'net.url_refused',
    })
    expect(world.asked).toEqual([
      '/v0.1/servers/io.example%2Ffiles/versions/latest',
      '/v0.1/servers/io.example%2Ffiles/versions/9.9.9',
    ])
  })

  it('names a bundle that is kept only if it is that one', async () => {
    await using world = await stage()
    const file = await world.registry.bundle(`${world.url}/moved`, sha256.toUpperCase())
    expect(file).toBe(path.join(world.folder, `${sha256}.mcpb`))
    expect(await readFile(file)).toEqual(bytes)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const other = sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
    await expect(world.registry.bundle(`${world.url}/bundle`, other)).rejects.toMatchObject({
      code: 'registry.bundle_changed',
    })
    expect(await readdir(world.folder)).toHaveLength(1)
  })

  it.each(['/inside', 'http://10.0.0.1/x', 'file:///etc/passwd'])(
    'leads nowhere else: %s',
    async (target) => {
      await using world = await stage()
      const url = target.startsWith('/') ? world.url + target : target
      await expect(world.registry.bundle(url, sha256)).rejects.toMatchObject({
        code: 'net.url_refused',
      })
    },
  )
})
