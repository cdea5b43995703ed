import path from 'node:path'
import { WarderError } from '../errors.ts'

/** The options of `server add` that make a definition, as they were given. */
export interface ServerOptions {
  readonly url?: string
  readonly auth?: string
  readonly header?: readonly string[]
  readonly clientId?: string
  readonly clientSecret?: string
  readonly tokenEndpointAuthMethod?: string
  readonly privateKey?: string
  readonly issuer?: string
  readonly exchange?: string
  readonly provider?: string
  readonly preset?: string
  readonly tenant?: string
  readonly redirectUri?: string
  readonly scope?: readonly string[]
  readonly allowNetwork?: readonly string[]
  readonly env?: readonly string[]
  readonly cwd?: string
  readonly file?: readonly string[]
  readonly fileOnce?: readonly string[]
  readonly argSecret?: readonly string[]
  readonly onRenewal?: string
  readonly idle?: number
  readonly shared?: boolean
  readonly memoryLimit?: number
  readonly processLimit?: number
  readonly openFileLimit?: number
  readonly http?: string
}

/**
 * A definition in the form of config.json. Only what the form cannot tell is checked here (which options go together);
 * the companion checks the rest against its schema.
 *
 * @param folder absolute path that relative paths of a local server start from
 * @throws WarderError `usage.invalid`
 */
export function serverDefinition(input: {
  command: readonly string[]
  options: ServerOptions
  folder: string
}): Record<string, unknown> {
  const { command, options, folder } = input
  const [program, ...args] = command
  if (program === undefined) return remote(options)
  refuse(options, ['url', 'auth', 'allowNetwork', 'preset', 'tenant', ...SIGN_IN], 'a local server')
  if (options.http === undefined) refuse(options, ['header'], 'a local server without --http')
  const headers = options.header && pairs('--header', options.header)
  return {
    command: resolveProgram(program, folder),
    args,
    ...given('env', options.env && pairs('--env', options.env)),
    ...given('files', files(options)),
    ...given('arguments', options.argSecret && pairs('--arg-secret', options.argSecret)),
    ...given('onRenewal', options.onRenewal),
    ...given('idleSeconds', options.idle),
    ...given('limits', limits(options)),
    ...given('instance', options.shared ? 'shared' : undefined),
    ...given(
      'http',
      options.http === undefined ? undefined : { path: options.http, ...given('headers', headers) },
    ),
    ...given('cwd', options.cwd === undefined ? undefined : path.resolve(folder, options.cwd)),
  }
}

const LOCAL = [
  'env',
  'cwd',
  'file',
  'fileOnce',
  'argSecret',
  'onRenewal',
  'idle',
  'shared',
  'memoryLimit',
  'processLimit',
  'openFileLimit',
  'http',
] as const

function limits({ memoryLimit, processLimit, openFileLimit }: ServerOptions) {
  const all = {
    ...given('memoryMiB', memoryLimit),
    ...given('processes', processLimit),
    ...given('openFiles', openFileLimit),
  }
  return Object.keys(all).length === 0 ? undefined : all
}

function files({ file = [], fileOnce = [] }: ServerOptions) {
  const lasting = pairs('--file', file)
  const once = Object.entries(pairs('--file-once', fileOnce)).map(
    ([name, from]) => [name, { from, once: true }] as const,
  )
  const all = [...Object.entries(lasting), ...once]
  if (new Set(all.map(([name]) => name)).size < all.length)
    throw new WarderError('usage.invalid', '--file and --file-once name one thing twice.')
  return all.length === 0 ? undefined : Object.fromEntries(all)
}

function remote(options: ServerOptions): Record<string, unknown> {
  if (options.url === undefined && options.preset === undefined)
    throw new WarderError(
      'usage.invalid',
      'Say what the server is: --url URL for a remote one, -- COMMAND ARGS for a local one.',
    )
  refuse(options, LOCAL, 'a remote server')
  const auth = options.auth ?? (options.header ? 'header' : 'oauth')
  if (auth === 'header' && !options.header)
    throw new WarderError('usage.invalid', '--auth header needs at least one --header NAME=VALUE.')
  if (auth === 'service') checkService(options)
  else if (auth !== 'oauth') refuse(options, [...SIGN_IN, 'preset'], `--auth ${auth}`)
  if (options.preset === undefined) refuse(options, ['tenant'], 'a server without --preset')
  else refuse(options, ['provider'], 'a server with --preset')
  const client = {
    ...given('clientId', options.clientId),
    ...given('clientSecret', options.clientSecret),
    ...given('tokenEndpointAuthMethod', options.tokenEndpointAuthMethod),
    ...given('privateKey', options.privateKey),
    ...given('issuer', options.issuer),
    ...given('exchange', options.exchange === undefined ? undefined : { from: options.exchange }),
    ...given('redirectUri', options.redirectUri),
    ...given('scopes', options.scope),
  }
  return {
    ...given('url', options.url),
    auth,
    ...given('headers', options.header && pairs('--header', options.header)),
    ...given('provider', options.provider),
    ...given('oauth', Object.keys(client).length > 0 ? client : undefined),
    ...given('allowedNetworks', options.allowNetwork),
  }
}

/** What only a server that people sign in to has. */
const SIGN_IN = [
  'clientId',
  'clientSecret',
  'tokenEndpointAuthMethod',
  'privateKey',
  'issuer',
  'exchange',
  'redirectUri',
  'scope',
  'provider',
] as const

/** RFC 6749 §4.4: a client that proves who it is, from the options or from the profile that they name. */
function checkService(options: ServerOptions): void {
  refuse(options, ['redirectUri', 'exchange', 'preset'], '--auth service')
  const proof = options.clientSecret ?? options.privateKey
  if (options.provider !== undefined && options.clientId === undefined && proof === undefined)
    return
  if (options.clientId === undefined || proof === undefined)
    throw new WarderError(
      'usage.invalid',
      '--auth service needs --client-id, and --client-secret or --private-key.',
    )
}

/** The companion has another working directory: a path must not depend on it. A bare name is looked up in PATH there. */
function resolveProgram(program: string, folder: string): string {
  return program.includes('/') || program.includes(path.sep)
    ? path.resolve(folder, program)
    : program
}

function refuse(
  options: ServerOptions,
  names: readonly (keyof ServerOptions)[],
  what: string,
): void {
  const stray = names.find((name) => options[name] !== undefined)
  if (stray === undefined) return
  const flag = stray.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  throw new WarderError('usage.invalid', `--${flag} means nothing for ${what}.`)
}

function pairs(flag: string, values: readonly string[]): Record<string, string> {
  const entries = values.map((value) => {
    const equals = value.indexOf('=')
    // The value is not repeated in the message: somebody may have typed a credential there.
    if (equals < 1) throw new WarderError('usage.invalid', `${flag} is written NAME=VALUE.`)
    return [value.slice(0, equals), value.slice(equals + 1)] as const
  })
  const names = entries.map(([name]) => name)
  if (new Set(names).size < names.length)
    throw new WarderError('usage.invalid', `${flag} names one thing twice.`)
  return Object.fromEntries(entries)
}

const given = <V>(name: string, value: V | undefined): Record<string, V> =>
  value === undefined ? {} : { [name]: value }
