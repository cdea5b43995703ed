/** What the lab uses of oidc-provider, which ships no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export interface Grant {
    addOIDCScope(scope: string): void
    rejectOIDCScope(scope: string): void
    addResourceScope(resource: string, scope: string): void
    rejectResourceScope(resource: string, scope: string): void
    save(): Promise<string>
  }

  export interface Interaction {
    readonly uid: string
    readonly grantId?: string
    readonly prompt: {
      readonly name: string
      readonly details: {
        readonly missingOIDCScope?: readonly string[]
        readonly missingResourceScopes?: Readonly<Record<string, readonly string[]>>
      }
    }
    readonly params: { readonly client_id: string }
    readonly session?: { readonly accountId: string }
  }

  export interface Client {
    readonly clientId: string
  }

  export interface TokenRequest {
    body: unknown
    readonly oidc: {
      readonly client: Client
      readonly params: Readonly<Record<string, string | undefined>>
    }
  }

  export interface AccessToken {
    readonly accountId: string
    readonly clientId: string
    readonly grantId: string
    readonly isValid: boolean
    readonly jkt?: string
    readonly tokenType: string
    readonly expiration: number
    scope?: string | undefined
    resourceServer: object
    setThumbprint(kind: 'jkt', thumbprint: string): void
    save(): Promise<string>
  }

  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>)
    readonly Client: {
      find(id: string): Promise<{ readonly clientName?: string } | undefined>
    }
    readonly Grant: {
      new (properties: { accountId: string; clientId: string }): Grant
      find(id: string): Promise<Grant | undefined>
    }
    readonly AccessToken: {
      new (properties: {
        accountId: string
        grantId: string
        client: Client
        gty: string
      }): AccessToken
      find(value: string): Promise<AccessToken | undefined>
    }
    readonly ResourceServer: new (
      identifier: string,
      data: object,
    ) => object
    registerGrantType(
      name: string,
      handler: (context: TokenRequest) => Promise<void>,
      parameters: readonly string[],
    ): void
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: Record<string, unknown>,
      options?: { mergeWithLastSubmission: boolean },
    ): Promise<void>
  }

  export namespace errors {
    class InvalidTarget extends Error {}
    class InvalidRequest extends Error {}
    class InvalidDpopProof extends Error {}
  }
}

declare module 'oidc-provider/lib/helpers/validate_dpop.js' {
  import type { Provider, TokenRequest } from 'oidc-provider'

  function validateDpop(
    provider: Provider,
    context: TokenRequest,
  ): Promise<{ readonly thumbprint: string } | undefined>

  // biome-ignore lint/style/noDefaultExport: that is how the library exports it
  export { validateDpop as default }
}
