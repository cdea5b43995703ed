import path from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { billOf } from './packaging/bill.ts'

/** `node scripts/sbom.ts`: what is in the installers, as CycloneDX on standard output. The build has to have run. */
const runtimes = [
  { name: 'electron', version: manifest.devDependencies.electron },
  // The installed command line is this very Node (`scripts/package-client.ts`).
  { name: 'node', version: process.versions.node },
]
console.log(JSON.stringify(billOf(path.dirname(import.meta.dirname), runtimes), null, 2))
