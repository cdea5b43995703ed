import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { shippedLicences } from './licences.ts'

/** What a release is made of, as CycloneDX 1.6 (ECMA-424). */
export interface Bill {
  readonly bomFormat: 'CycloneDX'
  readonly specVersion: '1.6'
  readonly serialNumber: string
  readonly version: 1
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
}

interface Component {
  readonly type: 'application' | 'library' | 'framework'
  readonly name: string
  readonly version: string
  readonly purl?: string
  readonly licenses?: readonly [{ readonly expression: string }]
}

/**
 * `npm sbom --omit dev` leaves out what some tool of development uses as well, and knows nothing of what the page bundles; the
 * lists of licences that the builds write know both.
 *
 * @param root folder with package.json, the lock, node_modules and `dist`
 * @param runtimes what runs the code and comes along
 */
export function billOf(
  root: string,
  runtimes: readonly { readonly name: string; readonly version: string }[],
): Bill {
  const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
  const { name, version } = JSON.parse(read('package.json')) as { name: string; version: string }
  const beside = shippedLicences(root).map(({ registered, version, licence }) =>
    library(registered, version, licence),
  )
  const bundled = ['dist/renderer/licenses.txt', 'dist/installed/licenses.txt'].flatMap((file) =>
    [...read(file).matchAll(/^## (\S+) - (\S+) \((.+)\)$/gm)].map(
      ([, name = '', version = '', licence = '']) => library(name, version, licence),
    ),
  )
  const all = new Map([...bundled, ...beside].map((one) => [`${one.name}@${one.version}`, one]))
  const components = [
    ...runtimes.map((runtime) => ({ type: 'framework' as const, ...runtime })),
    ...[...all.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  ]
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([version, components]))}`,
    version: 1,
    metadata: { component: { type: 'application', name, version } },
    components,
  }
}

const library = (name: string, version: string, licence: string): Component => ({
  type: 'library',
  name,
  version,
  // The `@` of a scope is written as %40 (Package URL, npm).
  purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
  licenses: [{ expression: licence }],
})

/** The same contents have the same number (RFC 9562 §5.8). */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
