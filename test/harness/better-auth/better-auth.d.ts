/**
 * What the lab uses of better-auth. The packages have types of their own, but lie in a folder that only a test run
 * installs, and the type check has to pass without it.
 */
declare module 'better-auth' {
  export interface Auth {
    handler(request: Request): Promise<Response>
    readonly api: {
      signUpEmail(call: {
        body: { email: string; password: string; name: string }
        returnHeaders: true
      }): Promise<{ headers: Headers }>
      getSession(call: { headers: Headers }): Promise<{ user: { email: string } } | null>
      getOAuthServerConfig(): Promise<unknown>
      getOpenIdConfig(): Promise<unknown>
      adminCreateOAuthResource(call: {
        headers: Headers
        body: { identifier: string; name: string }
      }): Promise<unknown>
      adminCreateOAuthClient(call: {
        headers: Headers
        body: Record<string, unknown>
      }): Promise<unknown>
    }
  }
  export function betterAuth(options: Record<string, unknown>): Auth
}

declare module 'better-auth/plugins' {
  export function jwt(): unknown
}

declare module 'better-auth/adapters/memory' {
  export function memoryAdapter(tables: Record<string, Record<string, unknown>[]>): unknown
}

declare module 'better-auth/db' {
  export function getAuthTables(
    options: Record<string, unknown>,
  ): Record<string, { modelName: string }>
}

declare module '@better-auth/oauth-provider' {
  export function oauthProvider(options: Record<string, unknown>): unknown
  export function oauthDeviceAuthorization(options: Record<string, unknown>): unknown
}
