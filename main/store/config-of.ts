import { lstatSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseConfig } from './config-parse.ts'
import type { Config } from './config-schema.ts'

/** What `config.json` of a home says, approved or not; also while no companion runs. @throws WarderError `config.*` */
export function configOf(home: string): Config {
  const file = path.join(home, 'config.json')
  const there = lstatSync(file, { throwIfNoEntry: false }) !== undefined
  return parseConfig(there ? readFileSync(file, 'utf8') : '{}')
}
