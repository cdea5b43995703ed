import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import type { Output } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import { type Bundle, readBundle } from '../wiring/adoption/bundle.ts'
import {
  type Incoming,
  type IncomingSecret,
  incomingServer,
  isObstacle,
} from '../wiring/adoption/definition.ts'
import { pastedServers } from '../wiring/adoption/pasted.ts'
import { warderName } from '../wiring/adoption/secret-name.ts'
import { bundleIn, fromServerJson, isServerJson } from '../wiring/adoption/server-json.ts'
import { givenValues } from '../wiring/adoption/values.ts'
import type { Context } from './context.ts'
import { withPresence } from './presence.ts'
import { askHidden, openTerminal } from './prompt.ts'

export interface FromOptions {
  readonly from: string
  readonly value?: readonly string[]
  readonly sha256?: string
  readonly approve?: boolean
}

/** Adds what a file describes: a server.json, a bundle, or a piece of a client's configuration. */
export async function addFrom(
  context: Context,
  name: string,
  options: FromOptions,
): Promise<Output<'servers:add'>> {
  const given = await readGiven(context, options.from)
  const named = isZip(given) ? null : bundleIn(parsed(given.toString('utf8')))
  const bytes =
    named === null
      ? given
      : read((await context.control.call('registry:bundle', { ...named })).file)
  const bundle = isZip(bytes) ? bundleOf(context, name, bytes, options, named?.sha256) : null
  if (bundle === null && options.sha256 !== undefined)
    throw new WarderError('usage.invalid', '--sha256 is for bundles.')
  const incoming = bundle?.incoming ?? described(bytes, name, options)
  const values = await secretValues(context, incoming.secrets)
  bundle?.unpack()
  return await store(context, incoming, values, options)
}

/** `registry:io.github.owner/server@1.2.3` names an entry of the MCP Registry; anything else is a file. */
async function readGiven({ control }: Context, from: string): Promise<Buffer> {
  const [, name, version] = /^registry:([^@\s]+)(?:@(\S+))?$/.exec(from) ?? []
  if (name === undefined) return read(from)
  const { document } = await control.call('registry:read', { name, ...(version && { version }) })
  return Buffer.from(JSON.stringify(document))
}

const LARGEST = 512 * 1024 * 1024

function read(file: string): Buffer {
  try {
    const bytes = readFileSync(file === '-' ? 0 : file)
    if (bytes.length <= LARGEST) return bytes
  } catch (cause) {
    throw new WarderError('usage.invalid', `${file} cannot be read.`, { cause })
  }
  throw new WarderError('usage.invalid', `${file} is too large.`)
}

const isZip = (bytes: Buffer) => bytes.subarray(0, 4).toString('latin1') === 'PK\x03\x04'

function bundleOf(
  { home }: Context,
  name: string,
  bytes: Buffer,
  options: FromOptions,
  sha256 = options.sha256,
): Bundle {
  return readBundle(bytes, {
    name,
    folder: path.join(home, 'bundles'),
    home: homedir(),
    platform: process.platform,
    values: givenValues(pairs(options.value)),
    expected: sha256,
  })
}

function described(bytes: Buffer, name: string, options: FromOptions): Incoming {
  const text = bytes.toString('utf8')
  const content = parsed(text)
  if (isServerJson(content)) return fromServerJson(content, name, givenValues(pairs(options.value)))
  if (options.value !== undefined)
    throw new WarderError('usage.invalid', '--value is for a server.json or a bundle.')
  const servers = pastedServers(text)
  const [only] = servers
  const chosen = servers.length === 1 ? only : servers.find((one) => warderName(one.name) === name)
  if (chosen === undefined)
    throw new WarderError(
      'usage.invalid',
      `There are several servers in it: name one of ${servers.map((one) => warderName(one.name)).join(', ')}.`,
    )
  const made = incomingServer(chosen, name)
  if (!isObstacle(made)) return made
  throw new WarderError(
    'server.import_invalid',
    `The server cannot be added from this. ${made.problem}`,
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function pairs(values: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    values.map((value) => {
      const equals = value.indexOf('=')
      if (equals < 1) throw new WarderError('usage.invalid', '--value is written NAME=VALUE.')
      return [value.slice(0, equals), value.slice(equals + 1)]
    }),
  )
}

type Named = readonly [name: string, value: string]

/** From what was given, from the variable that it names, or from the person; never from an argument. */
async function secretValues(
  { output }: Context,
  secrets: readonly IncomingSecret[],
): Promise<Named[]> {
  const values: Named[] = []
  for (const secret of secrets) {
    const { name, value, variable, around } = secret
    const own = value === null && variable !== null ? process.env[variable] : undefined
    const given = value ?? (own ? around.join(own) : null)
    if (given !== null) {
      if (own) output.note(`${secret.title} is taken from your variable ${variable}.`)
      values.push([name, given])
    } else values.push([name, around.join(await ask(secret))])
  }
  return values
}

async function ask({ name, title }: IncomingSecret): Promise<string> {
  const terminal = openTerminal()
  if (terminal === null)
    throw new WarderError(
      'usage.invalid',
      `It needs a credential for ${title}, and there is nobody to ask: set the variable that it names, or add it by hand with secret:${name}.`,
    )
  try {
    return await askHidden(terminal, `${title} (not shown): `)
  } finally {
    terminal.close()
  }
}

/** Secrets first, since the definition refers to them; where the server is not added, they go again. */
async function store(
  context: Context,
  { name, definition }: Incoming,
  values: readonly Named[],
  options: FromOptions,
): Promise<Output<'servers:add'>> {
  const { control, output } = context
  const known = new Set((await control.call('secrets:list', {})).map((one) => one.name))
  const taken = values.find(([secret]) => known.has(secret))?.[0]
  if (taken !== undefined)
    throw new WarderError(
      'usage.invalid',
      `There is a secret ${taken} already: name the server otherwise, or remove it.`,
    )
  const stored: string[] = []
  try {
    for (const [secret, value] of values) {
      await control.call('secrets:set', { name: secret, value })
      stored.push(secret)
    }
    const yes = context.yes || ('command' in definition && options.approve === true)
    return await withPresence({ output, yes }, (confirm) =>
      control.call('servers:add', { name, definition: { ...definition }, ...confirm }),
    )
  } catch (error) {
    for (const secret of stored)
      await control.call('secrets:remove', { name: secret }).catch(() => undefined)
    throw error
  }
}
