/** What the companion and the helper that holds keytar say to each other. One answer for each request, in any order. */
export type KeychainRequest = { readonly id: number; readonly account: string } & (
  | { readonly operation: 'get' | 'delete' }
  | { readonly operation: 'set'; readonly text: string }
)

export type KeychainAnswer = { readonly id: number } & (
  | { readonly result: string | boolean | null }
  | {
      readonly failure: {
        /** `load`: keytar or the system library under it could not be loaded. `call`: the keychain refused. */
        readonly stage: 'load' | 'call'
        /** The keychain's words: for the developer, never shown. */
        readonly reason: string
      }
    }
)

/** Under this name Warder's items stand in the keychain: keytar's "service", Windows' target prefix. */
export const KEYCHAIN_SERVICE = 'Warder'
