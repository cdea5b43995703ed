import type { Format, FormatName } from '../types.ts'
import { json, jsonc } from './json.ts'
import { toml } from './toml.ts'
import { yaml } from './yaml.ts'

export const formats: Readonly<Record<FormatName, Format>> = { json, jsonc, toml, yaml }
