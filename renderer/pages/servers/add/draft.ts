import type { Input } from '../../../../preload/contract/index.ts'

/** A value that a server gets. A secret one is kept in the vault, and config.json only names it. */
export interface Value {
  id: number
  name: string
  value: string
  secret: boolean
  /** The server whose account's token it is, in place of a value; empty where it is none. */
  tokenOf: string
  /** Of a file: it can be read one time (a pipe). */
  once: boolean
}

/** What is being written about a server that is to be added. */
export interface Draft {
  name: string
  kind: 'remote' | 'local' | 'preset'
  url: string
  auth: 'oauth' | 'service' | 'header' | 'public'
  headers: Value[]
  /** Networks beside the internet that it and its provider may be reached in, one a line. */
  networks: string
  /** Of a client that a person registered at the provider by hand. */
  clientId: string
  clientSecret: string
  /** What a service proves itself with. */
  proof: 'secret' | 'key'
  /** Of a service, PKCS#8 PEM or JWK. */
  privateKey: string
  /** The provider where that client is registered. */
  issuer: string
  /** What a service asks for, one a line. */
  scopes: string
  program: string
  /** One argument a line, as it is: nothing is split or unquoted. */
  args: string
  env: Value[]
  /** Credentials that it reads from files. */
  files: Value[]
  /** Credentials among its arguments. */
  argumentSecrets: Value[]
  preset: string
  tenant: string
}

export const emptyDraft: Draft = {
  name: '',
  kind: 'remote',
  url: '',
  auth: 'oauth',
  headers: [],
  networks: '',
  clientId: '',
  clientSecret: '',
  proof: 'secret',
  privateKey: '',
  issuer: '',
  scopes: '',
  program: '',
  args: '',
  env: [],
  files: [],
  argumentSecrets: [],
  preset: '',
  tenant: '',
}

let values = 0
export const newValue = (name = '', value = '', secret = true): Value => ({
  id: values++,
  name,
  value,
  secret,
  tokenOf: '',
  once: false,
})

/** A name as config.json takes it, made of any text; empty where nothing is left. */
export function nameFrom(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 32)
    .replace(/-+$/, '')
}

/** What a server at this address is probably called: `linear` of `https://mcp.linear.app/mcp`. */
export function nameOfUrl(url: string): string {
  if (!URL.canParse(url)) return ''
  const { hostname } = new URL(url)
  const labels = hostname.split('.').filter((label) => !['mcp', 'api', 'www'].includes(label))
  return /^[\d.]+$|^\[/.test(hostname) ? '' : nameFrom(labels[0] ?? '')
}

/** The last part of a package or a path, without its version: `server-files` of `@example/server-files@1.2.0`. */
export function nameOfCommand(program: string, args: string): string {
  const runners = /^(?:npx|uvx|bunx|pnpm|node|python3?|uv|deno|docker)$/
  const own = program.split(/[\\/]/).at(-1) ?? ''
  const shown = runners.test(own)
    ? (linesOf(args).find((line) => !line.startsWith('-') && line !== 'run' && line !== 'dlx') ??
      own)
    : own
  const last = shown.split(/[\\/]/).at(-1) ?? ''
  return nameFrom(last.replace(/(?<=.)@.*$/, '').replace(/\.[a-z]{1,4}$/i, ''))
}

export const linesOf = (text: string) => text.split('\n').filter((line) => line !== '')

/** A secret that has to be kept before the server can name it. */
interface NewSecret {
  name: string
  value: string
}

export interface Plan {
  server: Input<'servers:add'>
  secrets: NewSecret[]
}

/** What has to be done to add the server: secrets first, then a definition that names them. */
export function planOf(draft: Draft): Plan {
  const secrets: NewSecret[] = []
  const keep = (slot: string, value: string) => {
    const wanted = nameFrom(`${draft.name}-${slot}`)
    const taken = secrets.some(({ name }) => name === wanted)
    const name = taken ? nameFrom(`${wanted.slice(0, 28)}-${secrets.length + 1}`) : wanted
    secrets.push({ name, value })
    return `secret:${name}`
  }
  const complete = (given: Value[]) =>
    given.filter(({ name, value, tokenOf }) => name.trim() !== '' && (value !== '' || tokenOf))
  const sourceOf = ({ name, value, secret, tokenOf }: Value, asHeader = false) => {
    if (tokenOf !== '') return `grant:${tokenOf}`
    const full = asHeader ? headerValue(name, value) : value
    return secret ? keep(name, full) : full
  }
  const written = (given: Value[], asHeader = false) =>
    Object.fromEntries(complete(given).map((one) => [one.name.trim(), sourceOf(one, asHeader)]))
  /** Credentials only, whatever the row says: what stands here is one. */
  const credentials = (given: Value[]) => complete(given).map((one) => ({ ...one, secret: true }))
  const client = () =>
    draft.clientId.trim() === ''
      ? {}
      : {
          oauth: {
            clientId: draft.clientId.trim(),
            ...(draft.clientSecret === ''
              ? {}
              : { clientSecret: keep('client', draft.clientSecret) }),
          },
        }
  const service = () => ({
    oauth: {
      clientId: draft.clientId.trim(),
      ...(draft.proof === 'secret'
        ? { clientSecret: keep('client', draft.clientSecret) }
        : { privateKey: keep('key', draft.privateKey) }),
      ...(draft.issuer.trim() === '' ? {} : { issuer: draft.issuer.trim() }),
      ...(wordsOf(draft.scopes).length === 0 ? {} : { scopes: wordsOf(draft.scopes) }),
    },
  })
  const { name, preset, tenant } = draft
  switch (draft.kind) {
    case 'local':
      return {
        server: {
          name,
          definition: {
            command: draft.program.trim(),
            args: linesOf(draft.args),
            env: written(draft.env),
            ...given(
              'files',
              credentials(draft.files).map((one) => [
                one.name.trim(),
                one.once ? { from: sourceOf(one), once: true } : sourceOf(one),
              ]),
            ),
            ...given(
              'arguments',
              credentials(draft.argumentSecrets).map((one) => [one.name.trim(), sourceOf(one)]),
            ),
          },
        },
        secrets,
      }
    case 'preset':
      return {
        server: {
          name,
          definition: { ...(draft.url === '' ? {} : { url: draft.url.trim() }), ...client() },
          preset: { name: preset, ...(tenant === '' ? {} : { tenant: tenant.trim() }) },
        },
        secrets,
      }
    case 'remote':
      return {
        server: {
          name,
          definition: {
            url: draft.url.trim(),
            auth: draft.auth,
            ...networksOf(draft),
            ...(draft.auth === 'header' ? { headers: written(draft.headers, true) } : {}),
            ...(draft.auth === 'oauth' ? client() : {}),
            ...(draft.auth === 'service' ? service() : {}),
          },
        },
        secrets,
      }
  }
}

const given = (name: string, entries: [string, unknown][]) =>
  entries.length === 0 ? {} : { [name]: Object.fromEntries(entries) }

/** Scopes as somebody writes them down: one a line, or with blanks between. */
const wordsOf = (text: string) => text.split(/\s+/).filter((word) => word !== '')

/** As config.json takes them. */
export const networksOf = ({ networks }: Pick<Draft, 'networks'>) => {
  const allowedNetworks = linesOf(networks).map((line) => line.trim())
  return allowedNetworks.length === 0 ? {} : { allowedNetworks }
}

/** A bare token in `Authorization` is a bearer token (RFC 6750 §2.1). */
function headerValue(name: string, value: string): string {
  const bare = name.trim().toLowerCase() === 'authorization' && !value.trim().includes(' ')
  return bare ? `Bearer ${value.trim()}` : value.trim()
}

/** What is missing before it can be added, in a few words; null where nothing is. */
export function missing(draft: Draft): string | null {
  if (draft.kind === 'remote' && draft.url.trim() === '') return 'Give the address of the server.'
  if (draft.kind === 'local' && draft.program.trim() === '') return 'Name the program to run.'
  if (draft.kind === 'local') {
    const placed = draft.argumentSecrets.find(
      ({ name }) => name.trim() !== '' && !draft.args.includes(`{argument:${name.trim()}}`),
    )
    if (placed !== undefined)
      return `Write {argument:${placed.name.trim()}} among the arguments, where it belongs.`
  }
  if (draft.kind === 'remote' && draft.auth === 'service') {
    if (draft.clientId.trim() === '') return 'Give the client ID of the service.'
    if ((draft.proof === 'secret' ? draft.clientSecret : draft.privateKey) === '')
      return draft.proof === 'secret' ? 'Give its secret.' : 'Give its private key.'
  }
  if (draft.kind === 'preset' && draft.preset === '') return 'Choose a provider.'
  if (draft.name === '') return 'Give it a name.'
  return null
}
