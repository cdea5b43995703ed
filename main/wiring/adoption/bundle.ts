import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { WarderError } from '../../errors.ts'
import { sha256 } from '../client-file.ts'
import { type Incoming, type IncomingSecret, namesOthers } from './definition.ts'
import { placeholders } from './placeholders.ts'
import { secretName } from './secret-name.ts'
import type { Values } from './values.ts'
import { readZip, type ZipEntry } from './zip.ts'

/** A bundle for Claude Desktop (`.mcpb`, manifest 0.1 to 0.4) that was read, and not unpacked yet. */
export interface Bundle {
  readonly incoming: Incoming
  readonly sha256: string
  /** Puts its files where the definition says, in a folder named by what is in it. @throws WarderError `store.unwritable` */
  unpack(): void
}

/**
 * @param folder absolute; where bundles are unpacked, one below it for each
 * @param expected the `fileSha256` of whoever named it, in hexadecimal
 * @throws WarderError `server.import_invalid`, `usage.invalid`
 */
export function readBundle(
  archive: Buffer,
  options: {
    readonly name: string
    readonly folder: string
    readonly home: string
    readonly platform: NodeJS.Platform
    readonly values: Values
    readonly expected?: string | undefined
  },
): Bundle {
  const { name, folder, values, expected } = options
  const digest = sha256(archive)
  if (expected !== undefined && expected.toLowerCase() !== digest)
    throw invalid('its SHA-256 is not the one that was expected')
  const entries = readZip(archive)
  const manifest = manifestOf(entries)
  const place = path.join(folder, digest)
  const secrets = new Map<string, IncomingSecret>()
  const command = definitionOf(manifest, { ...options, place, secrets })
  if (namesOthers(command, secrets))
    throw invalid('it names a secret or an account of Warder, which only config.json may')
  values.check()
  return {
    incoming: { name, definition: command, secrets: [...secrets.values()] },
    sha256: digest,
    unpack: () => unpack(entries, place),
  }
}

const option = z.looseObject({
  type: z.string(),
  title: z.string().nullish(),
  required: z.boolean().default(false),
  sensitive: z.boolean().default(false),
  default: z.unknown().optional(),
})

const command = z.looseObject({
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
})

const overrides = z.looseObject({
  command: z.string().min(1).optional(),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
})

const manifestSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  server: z.looseObject({
    type: z.string(),
    mcp_config: command.extend({
      platform_overrides: z.record(z.string(), overrides).default({}),
    }),
  }),
  user_config: z.record(z.string(), option).default({}),
})

type Manifest = z.output<typeof manifestSchema>

function manifestOf(entries: readonly ZipEntry[]): Manifest {
  const file = entries.find(({ name }) => name === 'manifest.json')
  if (file === undefined) throw invalid('it has no manifest.json')
  try {
    return manifestSchema.parse(JSON.parse(file.bytes().toString('utf8')))
  } catch (cause) {
    if (cause instanceof WarderError) throw cause
    throw invalid('its manifest.json is not one', cause)
  }
}

interface House {
  readonly name: string
  readonly home: string
  readonly platform: NodeJS.Platform
  readonly values: Values
  readonly place: string
  readonly secrets: Map<string, IncomingSecret>
}

function definitionOf(
  { server, user_config: settings }: Manifest,
  house: House,
): Record<string, unknown> {
  const { platform_overrides: overrides, ...usual } = server.mcp_config
  const other = overrides[house.platform] ?? {}
  const args = other.args ?? usual.args
  const env = { ...usual.env, ...other.env }
  const given = placeholders()
  const words = args.flatMap((word) => {
    const [, only] = /^\$\{user_config\.([\w-]+)\}$/.exec(word) ?? []
    if (only === undefined) return [filled(word, settings, house, given)]
    const value = settingOf(only, settings, house)
    if (value === null) return []
    return value.startsWith('secret:') ? [given.place(only, value)] : [value]
  })
  const variables = Object.entries(env).flatMap(([name, text]) => {
    const [, only] = /^\$\{user_config\.([\w-]+)\}$/.exec(text) ?? []
    const value =
      only === undefined ? filled(text, settings, house, null) : settingOf(only, settings, house)
    return value === null ? [] : [[name, value] as const]
  })
  return {
    command: filled(other.command ?? usual.command, settings, house, null),
    args: words,
    ...(variables.length === 0 ? {} : { env: Object.fromEntries(variables) }),
    ...(Object.keys(given.values).length === 0 ? {} : { arguments: given.values }),
    cwd: house.place,
  }
}

function settingOf(key: string, settings: Manifest['user_config'], house: House): string | null {
  const one = Object.hasOwn(settings, key) ? settings[key] : undefined
  if (one === undefined) throw invalid(`it asks for ${key}, which it does not describe`)
  if (!one.sensitive) {
    const fallback = one.default == null ? null : places(String(one.default), house)
    return house.values.get({
      name: key,
      title: one.title ?? null,
      required: one.required,
      fallback,
    })
  }
  const name = secretName(house.name, key, house.secrets)
  const before = [...house.secrets.values()].find(({ title }) => title === key)
  if (before !== undefined) return `secret:${before.name}`
  house.secrets.set(name, { name, value: null, around: ['', ''], variable: null, title: key })
  return `secret:${name}`
}

/** @param given null where no credential can stand in the middle of a text */
function filled(
  text: string,
  settings: Manifest['user_config'],
  house: House,
  given: ReturnType<typeof placeholders> | null,
): string {
  return places(text, house).replaceAll(/\$\{user_config\.([\w-]+)\}/g, (_, key: string) => {
    const value = settingOf(key, settings, house) ?? ''
    if (!value.startsWith('secret:')) return value
    if (given === null) throw invalid('a credential stands in the middle of a variable')
    return given.place(key, value)
  })
}

function places(text: string, { place, home }: House): string {
  const folder = (name: string) => path.join(home, name)
  return text
    .replaceAll('${__dirname}', place)
    .replaceAll('${HOME}', home)
    .replaceAll('${DESKTOP}', folder('Desktop'))
    .replaceAll('${DOCUMENTS}', folder('Documents'))
    .replaceAll('${DOWNLOADS}', folder('Downloads'))
    .replaceAll(/\$\{(?:\/|pathSeparator)\}/g, path.sep)
}

/** Whole or not at all: what is there under the digest is what the digest says. */
function unpack(entries: readonly ZipEntry[], place: string): void {
  const draft = `${place}.new`
  try {
    rmSync(draft, { recursive: true, force: true })
    for (const { name, isProgram, bytes } of entries) {
      const file = path.join(draft, ...name.split('/'))
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
      writeFileSync(file, bytes(), { mode: isProgram ? 0o700 : 0o600, flag: 'wx' })
    }
    rmSync(place, { recursive: true, force: true })
    renameSync(draft, place)
  } catch (cause) {
    rmSync(draft, { recursive: true, force: true })
    if (cause instanceof WarderError) throw cause
    throw new WarderError('store.unwritable', `The bundle cannot be unpacked to ${place}.`, {
      cause,
    })
  }
}

const invalid = (why: string, cause?: unknown) =>
  new WarderError('server.import_invalid', `The bundle cannot be used: ${why}.`, { cause })
