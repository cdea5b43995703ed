import { z } from 'zod'
import { WarderError } from '../../errors.ts'
import { type Incoming, type IncomingSecret, namesOthers } from './definition.ts'
import { secretName } from './secret-name.ts'
import type { Values } from './values.ts'

/**
 * `server.json` of the MCP Registry (schema 2025-12-11; older entries in snake_case too), or an answer of its v0.1 API, as a
 * server of ours: `isSecret` becomes a reference into the vault, everything else a plain value. A package is started by the
 * runner of its registry, at exactly the version that is written there.
 *
 * @throws WarderError `server.import_invalid`, `usage.invalid`
 */
export function fromServerJson(content: unknown, name: string, values: Values): Incoming {
  const parsed = documentSchema.safeParse(camelCase(unwrapped(content)))
  if (!parsed.success) throw invalid('it is not a server.json')
  const { packages, remotes } = parsed.data
  const remote = remotes.find((one) => one.type === 'streamable-http')
  const chosen = packages.find((one) => Object.hasOwn(RUNNERS, one.registryType))
  const secrets = new Map<string, IncomingSecret>()
  const house: House = { name, values, secrets }
  const definition =
    remote !== undefined
      ? remoteDefinition(remote, house)
      : chosen !== undefined
        ? packageDefinition(chosen, house)
        : null
  if (definition === null)
    throw invalid(
      'it names no remote server of Streamable HTTP, and no package of npm, PyPI, NuGet or an OCI registry',
    )
  if (namesOthers(definition, secrets))
    throw invalid('it names a secret or an account of Warder, which only config.json may')
  values.check()
  return { name, definition, secrets: [...secrets.values()] }
}

/** The bundle that it names, where that is the only way in that we know. */
export function bundleIn(
  content: unknown,
): { readonly url: string; readonly sha256: string } | null {
  const parsed = documentSchema.safeParse(camelCase(unwrapped(content)))
  if (!parsed.success) return null
  const { packages, remotes } = parsed.data
  if (remotes.some(({ type }) => type === 'streamable-http')) return null
  if (packages.some((one) => Object.hasOwn(RUNNERS, one.registryType))) return null
  const bundle = packages.find((one) => one.registryType === 'mcpb')
  if (bundle === undefined) return null
  const { identifier, fileSha256 } = bundle
  if (!/^https:\/\//.test(identifier) || !/^[0-9a-f]{64}$/i.test(fileSha256 ?? ''))
    throw invalid('its bundle has no https address, or no SHA-256 to be told by')
  return { url: identifier, sha256: fileSha256 ?? '' }
}

/** True of what looks like one; whether it is valid is told when it is read. */
export const isServerJson = (content: unknown): boolean => {
  const inner = unwrapped(content)
  return (
    typeof inner === 'object' &&
    inner !== null &&
    'name' in inner &&
    ('packages' in inner || 'remotes' in inner)
  )
}

interface House {
  readonly name: string
  readonly values: Values
  readonly secrets: Map<string, IncomingSecret>
}

const field = {
  description: z.string().nullish(),
  isRequired: z.boolean().default(false),
  isSecret: z.boolean().default(false),
  default: z.string().nullish(),
  value: z.string().nullish(),
}

const inputSchema = z.looseObject({
  ...field,
  variables: z.record(z.string(), z.looseObject(field)).default({}),
})

const namedSchema = inputSchema.extend({ name: z.string().min(1) })

const argumentSchema = inputSchema.extend({
  type: z.enum(['positional', 'named']).default('positional'),
  name: z.string().nullish(),
  valueHint: z.string().nullish(),
})

const packageSchema = z.looseObject({
  registryType: z.string().default(''),
  // Where it begins with a hyphen, the runner would take it for an option.
  identifier: z.string().regex(/^[@\w][^\s]*$/),
  version: z.string().nullish(),
  fileSha256: z.string().nullish(),
  runtimeArguments: z.array(argumentSchema).default([]),
  packageArguments: z.array(argumentSchema).default([]),
  environmentVariables: z.array(namedSchema).default([]),
  transport: z.looseObject({ type: z.string() }).nullish(),
})

const remoteSchema = z.looseObject({
  type: z.string(),
  url: z.string(),
  headers: z.array(namedSchema).default([]),
  variables: z.record(z.string(), z.looseObject(field)).default({}),
})

const documentSchema = z.looseObject({
  name: z.string(),
  packages: z.array(packageSchema).default([]),
  remotes: z.array(remoteSchema).default([]),
})

type Input = z.output<typeof inputSchema>
type Package = z.output<typeof packageSchema>

/** The API wraps the document, and adds what the registry knows. */
const unwrapped = (content: unknown): unknown =>
  typeof content === 'object' && content !== null && 'server' in content ? content.server : content

const RENAMED: Readonly<Record<string, string>> = {
  registry_name: 'registryType',
  transport_type: 'type',
}

/** Entries from before August 2025. Names of variables are data, and stay. */
function camelCase(value: unknown, inside = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => camelCase(one))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([key, member]) => {
    if (inside === 'variables') return [key, camelCase(member)]
    const name =
      RENAMED[key] ?? key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    return [name, camelCase(member, name)]
  })
  const made = Object.fromEntries(members)
  return 'registryType' in made && !('identifier' in made)
    ? { ...made, identifier: made.name }
    : made
}

/** How a package of each registry is started: the program, what goes before the package, and the package at its version. */
const RUNNERS: Readonly<
  Record<string, { command: string; before: string[]; at: (id: string, version: string) => string }>
> = {
  npm: { command: 'npx', before: ['-y'], at: (id, version) => `${id}@${version}` },
  pypi: { command: 'uvx', before: [], at: (id, version) => `${id}==${version}` },
  nuget: { command: 'dnx', before: ['--yes'], at: (id, version) => `${id}@${version}` },
  oci: { command: 'docker', before: ['run', '-i', '--rm'], at: image },
  docker: { command: 'docker', before: ['run', '-i', '--rm'], at: image },
}

function image(id: string, version: string): string {
  return version === '' || /[:@][^/]+$/.test(id) ? id : `${id}:${version}`
}

function packageDefinition(one: Package, house: House): Record<string, unknown> {
  const runner = RUNNERS[one.registryType]
  if (runner === undefined) throw invalid('its registry is not known')
  if (one.transport && one.transport.type !== 'stdio')
    throw invalid('its package does not speak over standard input and output')
  const isImage = runner.command === 'docker'
  const version = one.version ?? ''
  if (!isImage && !/^\d[\w.+-]*$/.test(version))
    throw invalid('its package has no exact version, so nobody could say what would run')
  const given = new Map<string, string>()
  const args = [
    ...runner.before,
    ...one.runtimeArguments.flatMap((argument) => argumentWords(argument, house, given)),
  ]
  const env = one.environmentVariables.flatMap((variable) => {
    const value = valueFor(variable, variable.name, house)
    return value === null ? [] : [[variable.name, value] as const]
  })
  // A container gets nothing of its runner's environment that is not named.
  const named = isImage ? env.flatMap(([name]) => (isNamed(args, name) ? [] : ['-e', name])) : []
  const after = one.packageArguments.flatMap((argument) => argumentWords(argument, house, given))
  return {
    command: runner.command,
    args: [...args, ...named, runner.at(one.identifier, version), ...after],
    ...(env.length === 0 ? {} : { env: Object.fromEntries(env) }),
    ...(given.size === 0 ? {} : { arguments: Object.fromEntries(given) }),
  }
}

const isNamed = (args: readonly string[], name: string) =>
  args.some((word) => word === name || word.startsWith(`${name}=`))

function argumentWords(
  argument: z.output<typeof argumentSchema>,
  house: House,
  given: Map<string, string>,
): string[] {
  const { type, name, valueHint } = argument
  const label = (name ?? valueHint ?? 'argument').replace(/^-+/, '')
  // A flag without a value is said as it is.
  if (
    type === 'named' &&
    argument.value == null &&
    argument.default == null &&
    !argument.isRequired &&
    !argument.isSecret
  )
    return name ? [name] : []
  const value = valueFor(argument, label, house)
  if (value === null) return []
  const word = value.startsWith('secret:') ? placeholder(label, value, given) : value
  return type === 'named' && name ? [name, word] : [word]
}

function placeholder(label: string, reference: string, given: Map<string, string>): string {
  const name = label
    .toUpperCase()
    .replaceAll(/\W+/g, '_')
    .replace(/^(?=\d)/, '_')
  given.set(name, reference)
  return `{argument:${name}}`
}

function remoteDefinition(
  { url, headers, variables }: z.output<typeof remoteSchema>,
  house: House,
): Record<string, unknown> {
  if (Object.entries(variables).some(([name, one]) => one.isSecret && url.includes(`{${name}}`)))
    throw invalid('a credential would stand in its URL')
  const all = headers.flatMap((header) => {
    const value = valueFor(header, header.name, house)
    return value === null ? [] : [[header.name, value] as const]
  })
  const signsIn = !all.some(([, value]) => value.startsWith('secret:'))
  return {
    url: filled(url, variables, house),
    auth: signsIn ? 'oauth' : 'header',
    ...(all.length === 0 ? {} : { headers: Object.fromEntries(all) }),
  }
}

/** @returns a plain value or a reference; null where nothing was given and nothing is needed */
function valueFor(input: Input, name: string, house: House): string | null {
  const template = input.value ?? null
  const secretVariable = Object.entries(input.variables).find(
    ([variable, one]) => one.isSecret && template?.includes(`{${variable}}`),
  )?.[0]
  if (secretVariable !== undefined && template !== null) {
    const [before = '', after = ''] = template.split(`{${secretVariable}}`)
    return secretOf(name, input, house, [
      filled(before, input.variables, house),
      filled(after, input.variables, house),
    ])
  }
  if (input.isSecret) return secretOf(name, input, house, ['', ''])
  if (template !== null) return filled(template, input.variables, house)
  return house.values.get({
    name,
    title: input.description ?? null,
    required: input.isRequired,
    fallback: input.default ?? null,
  })
}

function secretOf(
  name: string,
  input: Input,
  house: House,
  around: readonly [string, string],
): string {
  const secret = secretName(house.name, name, house.secrets)
  const title = input.description ? `${name}: ${input.description}` : name
  house.secrets.set(secret, { name: secret, value: null, around, variable: null, title })
  return `secret:${secret}`
}

function filled(template: string, variables: Input['variables'], { values }: House): string {
  return template.replaceAll(/\{([A-Za-z_][\w-]*)\}/g, (whole, name: string) => {
    const variable = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (variable === undefined) return whole
    const value =
      variable.value ??
      values.get({
        name,
        title: variable.description ?? null,
        required: true,
        fallback: variable.default ?? null,
      })
    return value ?? ''
  })
}

const invalid = (why: string) =>
  new WarderError('server.import_invalid', `The server cannot be added from this: ${why}.`)
