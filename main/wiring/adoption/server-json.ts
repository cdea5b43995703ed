import { z } from 'zod'
import { WarderError } from '../../errors.ts'
import { type Incoming, type IncomingSecret, namesOthers } from './definition.ts'
import { placeholders } from './placeholders.ts'
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
  refuseDeleted(content, parsed.data)
  const { packages, remotes } = parsed.data
  const remote = remotes.find((one) => one.type === 'streamable-http')
  const known = packages.filter((one) => Object.hasOwn(RUNNERS, one.registryType))
  const chosen = known.find(({ transport }) => !transport || transport.type === 'stdio') ?? known[0]
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

/** What its registry took back (malware, a name that was not theirs) is not started, also where its entry can still be read. */
function refuseDeleted(content: unknown, { status }: z.output<typeof documentSchema>): void {
  const told = answerSchema.safeParse(content).data?._meta?.[OFFICIAL]?.status
  if (status === 'deleted' || told === 'deleted')
    throw invalid('its registry took it back, so nobody should run it')
}

const OFFICIAL = 'io.modelcontextprotocol.registry/official'
const answerSchema = z.looseObject({
  _meta: z.record(z.string(), z.looseObject({ status: z.string().nullish() })).nullish(),
})

/** The bundle that it names, where that is the only way in that we know. */
export function bundleIn(
  content: unknown,
): { readonly url: string; readonly sha256: string } | null {
  const parsed = documentSchema.safeParse(camelCase(unwrapped(content)))
  if (!parsed.success) return null
  refuseDeleted(content, parsed.data)
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
  format: z.string().nullish(),
  placeholder: z.string().nullish(),
  choices: z.array(z.string()).nullish(),
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
  registryBaseUrl: z.string().nullish(),
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
  status: z.string().nullish(),
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
  const identifier = isImage ? imageAt(one) : one.identifier
  if (!isExact(one.registryType, version, identifier))
    throw invalid('its package has no exact version, so nobody could say what would run')
  // A package of another registry would be looked for in the usual one, where anybody may have taken its name.
  if (!isImage && !isUsual(one))
    throw invalid('its package is in a registry of its own, where its runner does not look')
  // Clients MUST check it (schema 2025-12-11); what a runner fetches is out of our reach.
  if (one.fileSha256) throw invalid('its package names a SHA-256 that Warder could not check')
  const given = placeholders()
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
    args: [
      ...args,
      ...named,
      runner.at(identifier, version),
      // Else the runner would take them for its own.
      ...(one.registryType === 'nuget' && after.length > 0 ? ['--'] : []),
      ...after,
    ],
    ...(env.length === 0 ? {} : { env: Object.fromEntries(env) }),
    ...(Object.keys(given.values).length === 0 ? {} : { arguments: given.values }),
  }
}

const isNamed = (args: readonly string[], name: string) =>
  args.some((word) => word === name || word.startsWith(`${name}=`))

function argumentWords(
  argument: z.output<typeof argumentSchema>,
  house: House,
  given: ReturnType<typeof placeholders>,
): string[] {
  const { type, name, valueHint } = argument
  const label = (name ?? valueHint ?? 'argument').replace(/^-+/, '')
  const value = valueFor(argument, label, house)
  if (value === null) return type === 'named' && name && isSwitch(argument) ? [name] : []
  const word = value.startsWith('secret:') ? given.place(label, value) : value
  return type === 'named' && name ? [name, word] : [word]
}

/** `--verbose`: nothing says that it takes a value, and nobody gave it one. */
const isSwitch = ({ isSecret, isRequired, format, placeholder, choices, valueHint }: Argument) =>
  !isSecret && !isRequired && !format && !placeholder && !choices?.length && !valueHint

type Argument = z.output<typeof argumentSchema>

/** Where each runner looks if nobody says otherwise. */
const USUAL: Readonly<Record<string, RegExp>> = {
  npm: /^https:\/\/registry\.npmjs\.org\/?$/,
  pypi: /^https:\/\/pypi\.org\/?$/,
  nuget: /^https:\/\/api\.nuget\.org(?:\/v3\/index\.json)?\/?$/,
}

const isUsual = ({ registryType, registryBaseUrl }: Package) =>
  !registryBaseUrl || USUAL[registryType]?.test(registryBaseUrl) === true

/** An image of another registry than Docker's is named with its host. */
function imageAt({ identifier, registryBaseUrl }: Package): string {
  const host = registryBaseUrl ? URL.parse(registryBaseUrl)?.host : 'docker.io'
  if (!host) throw invalid('the registry of its image cannot be read')
  const [first = ''] = identifier.split('/')
  const isNamed = identifier.includes('/') && /[.:]|^localhost$/.test(first)
  return isNamed || /^(?:index\.)?docker\.io$/.test(host) ? identifier : `${host}/${identifier}`
}

/** npm takes `1` and `1.2` for ranges; everybody takes `1.x` and `latest` for one. */
function isExact(registryType: string, version: string, identifier: string): boolean {
  if (registryType === 'oci' || registryType === 'docker') {
    const [, tag = version] = /[:@]([^/]+)$/.exec(identifier) ?? []
    return tag !== '' && tag !== 'latest'
  }
  if (!/^\d[\w.+-]*$/.test(version) || /(?:^|\.)x(?:\.|$)/i.test(version)) return false
  return registryType !== 'npm' || /^\d+\.\d+\.\d+(?:[-+]|$)/.test(version)
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
  return chosen(input, name, house, input.isRequired)
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

/** What the person says, or its default; one of its choices, where it has any. */
function chosen(
  {
    description,
    default: fallback,
    choices,
    format,
  }: Pick<Input, 'description' | 'default' | 'choices' | 'format'>,
  name: string,
  { values }: House,
  required: boolean,
): string | null {
  const value = values.get({
    name,
    title: choices?.length ? `one of ${choices.join(', ')}` : (description ?? null),
    required,
    fallback: fallback ?? null,
  })
  if (value === null) return null
  const fits =
    (!choices?.length || choices.includes(value)) &&
    (format !== 'number' || (value.trim() !== '' && Number.isFinite(Number(value)))) &&
    (format !== 'boolean' || value === 'true' || value === 'false')
  if (fits) return value
  const wanted = choices?.length ? `one of ${choices.join(', ')}` : `a ${format}`
  throw new WarderError('usage.invalid', `${name} has to be ${wanted}.`)
}

function filled(template: string, variables: Input['variables'], house: House): string {
  return template.replaceAll(/\{([A-Za-z_][\w-]*)\}/g, (whole, name: string) => {
    const variable = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (variable === undefined) return whole
    return variable.value ?? chosen(variable, name, house, true) ?? ''
  })
}

const invalid = (why: string) =>
  new WarderError('server.import_invalid', `The server cannot be added from this: ${why}.`)
