import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { testHome } from './home.ts'

/** A registry for the real npm, with one package whose versions a test publishes. */
export interface NpmRegistry extends AsyncDisposable {
  /** What makes npm use it, with a cache of its own. */
  readonly environment: Readonly<Record<string, string>>
  /** The same without a word of the registry in the environment: npm's settings of the whole machine name it. */
  readonly machineWide: Readonly<Record<string, string>>
  /** Paths of the packages and archives that were asked for. */
  readonly asked: readonly string[]
  /** @param files names and contents beside package.json; a version that is there is replaced */
  publish(manifest: Manifest, files: Readonly<Record<string, string>>): string
  /** It answers nothing any more. */
  down: boolean
  /** Lets whoever asks wait. @param what paths; all unless told @returns when somebody has asked */
  hold(what?: RegExp): Promise<void>
  /** Those who wait get no answer, and the next ones do. */
  release(): void
}

interface Manifest {
  readonly name: string
  readonly version: string
  readonly [member: string]: unknown
}

export async function startNpmRegistry(): Promise<NpmRegistry> {
  const home = await testHome()
  const versions = new Map<string, Record<string, unknown>>()
  const archives = new Map<string, Buffer>()
  const asked: string[] = []
  let held: { readonly what: RegExp; readonly asked: () => void } | undefined
  const server = createServer((request, response) => {
    const url = decodeURIComponent(request.url ?? '')
    asked.push(url)
    if (registry.down) return void request.socket.destroy()
    if (held?.what.test(url)) return held.asked()
    const archive = archives.get(url)
    if (archive !== undefined) return void response.end(archive)
    const own = [...versions].filter(([key]) => key.startsWith(`${url.slice(1)}@`))
    if (own.length === 0) return void response.writeHead(404).end('{}')
    const all = own.map(([, manifest]) => manifest)
    response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        name: url.slice(1),
        'dist-tags': { latest: all.at(-1)?.version },
        versions: Object.fromEntries(all.map((manifest) => [manifest.version, manifest])),
      }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const globalPrefix = path.join(home.path, 'usr')
  mkdirSync(path.join(globalPrefix, 'etc'), { recursive: true })
  writeFileSync(path.join(globalPrefix, 'etc', 'npmrc'), `registry=${base}\n`)
  const machineWide = {
    HOME: home.path,
    PATH: process.env.PATH ?? '',
    npm_config_prefix: globalPrefix,
    npm_config_cache: path.join(home.path, 'cache'),
    npm_config_fetch_retries: '0',
    npm_config_update_notifier: 'false',
  }

  const registry: NpmRegistry = {
    environment: { ...machineWide, npm_config_registry: base },
    machineWide,
    asked,
    down: false,
    hold(what = /^/) {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = { what, asked: resolve }
      return promise
    },
    release() {
      held = undefined
    },
    publish(manifest, files) {
      const key = `${manifest.name}@${manifest.version}`
      const folder = path.join(home.path, 'sources', key, 'package')
      for (const [name, text] of Object.entries({
        ...files,
        'package.json': JSON.stringify(manifest),
      })) {
        mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
        writeFileSync(path.join(folder, name), text, { mode: 0o755 })
      }
      const file = path.join(home.path, 'archive.tgz')
      execFileSync('tar', ['-czf', file, '-C', path.dirname(folder), 'package'])
      const bytes = readFileSync(file)
      const place = `/-/${key}.tgz`
      const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
      archives.set(place, bytes)
      versions.set(key, { ...manifest, dist: { tarball: `${base}${place}`, integrity } })
      return integrity
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await home[Symbol.asyncDispose]()
    },
  }
  return registry
}
