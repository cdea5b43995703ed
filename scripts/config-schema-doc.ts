/**
 * Writes docs/config.schema.json from the schema in main/store/config-schema.ts: `node scripts/config-schema-doc.ts`. A
 * test holds the one to the other.
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { configSchemaText } from '../main/store/config-file.ts'

export const schemaPage = path.join(import.meta.dirname, '..', 'docs', 'config.schema.json')

if (process.argv[1] === import.meta.filename) writeFileSync(schemaPage, configSchemaText())
