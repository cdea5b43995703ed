import { WarderError } from '../errors.ts'
import type { Grants } from '../oauth/types.ts'
import { destination, injections, type Server } from '../servers/servers.ts'
import { isRemote, parseReference, type Reference } from '../store/config-schema.ts'
import type { NamedSecrets } from '../vault/secrets.ts'
import type { Credential } from './upstream/upstream.ts'

/** The credentials that a server's definition asks for, fetched at the moment they are used. */
export interface Injector {
  /** Headers for one message to a remote server. @throws WarderError `grant.*`, `secret.*`, `vault.*` */
  headers(server: Server): Promise<Credential>
  /** Environment for a local server that is about to start. @throws WarderError as above */
  environment(server: Server): Promise<Credential>
}

export function createInjector(options: {
  grants: Pick<Grants, 'accessToken' | 'rejected' | 'insufficient'>
  secrets: Pick<NamedSecrets, 'read'>
}): Injector {
  const { grants, secrets } = options

  async function resolve(from: Reference, server: Server) {
    if (from.kind === 'secret') {
      const value = await secrets.read(from.name, {
        server: server.name,
        destination: destination(server.definition),
      })
      return { value, token: null }
    }
    const token = await grants.accessToken(from.server)
    return { value: token.value, token }
  }

  return {
    async headers(server) {
      const { definition } = server
      if (!isRemote(definition)) return { server, ...NOTHING }
      const headers: Record<string, string> = {}
      const held: string[] = []
      for (const [name, value] of Object.entries(definition.headers ?? {}))
        if (parseReference(value) === null) headers[name.toLowerCase()] = value
      for (const { name, from } of injections(definition)) {
        const { value, token } = await resolve(from, server)
        headers[name.toLowerCase()] = value
        if (token !== null) held.push(token.grant.id)
      }
      if (definition.auth !== 'oauth') return { server, ...NOTHING, headers, grants: held }

      const token = await grants.accessToken(server.name)
      // The definition may have been edited since the sign-in: a token goes nowhere but where it was issued for.
      if (token.serverUrl !== definition.url)
        throw new WarderError(
          'grant.sign_in_needed',
          `${server.name} was signed in at another URL; sign in again with \`warder connect ${server.name}\`.`,
        )
      return {
        server,
        headers: { ...headers, authorization: `Bearer ${token.value}` },
        environment: null,
        account: `${token.grant.server}/${token.grant.account}`,
        grants: [...held, token.grant.id],
        renew: async () => void (await grants.rejected(token)),
        widen: (scopes, operation) =>
          grants.insufficient(token, { scopes, operation, configured: definition.oauth?.scopes }),
      }
    },
    async environment(server) {
      const { definition } = server
      const environment: Record<string, string> = {}
      const accounts: string[] = []
      const held: string[] = []
      if (isRemote(definition)) return { server, ...NOTHING }
      for (const [name, value] of Object.entries(definition.env ?? {}))
        if (parseReference(value) === null) environment[name] = value
      for (const { name, from } of injections(definition)) {
        const { value, token } = await resolve(from, server)
        environment[name] = value
        if (token === null) continue
        accounts.push(`${token.grant.server}/${token.grant.account}`)
        held.push(token.grant.id)
      }
      const account = accounts.length > 0 ? accounts.join(' ') : null
      return { server, headers: {}, environment, account, grants: held }
    },
  }
}

const NOTHING = { headers: {}, environment: null, account: null, grants: [] } as const
