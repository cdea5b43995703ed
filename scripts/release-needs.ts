import { readFileSync } from 'node:fs'
import path from 'node:path'
import { releaseNeeds } from './packaging/release-needs.ts'

/** `node scripts/release-needs.ts`, with the tag in TAG: names what is missing for a release, and ends with 1 then. */
const manifest = JSON.parse(readFileSync(path.join(import.meta.dirname, '../package.json'), 'utf8'))
const needs = releaseNeeds(manifest, process.env.TAG ?? null)
for (const { what, why } of needs) console.error(`missing: ${what} (${why})`)
process.exitCode = needs.length === 0 ? 0 : 1
