/** `window.warderVault`: in the window that asks for the passphrase of the vault, and nowhere else. */
export interface VaultBridge {
  question(): Promise<{
    /** `create`: there is no file yet. */
    readonly purpose: 'open' | 'create'
    /** Characters that a new passphrase has at least. */
    readonly shortest: number
    /** Why it is asked again, where the window was closed meanwhile; empty where nothing is. */
    readonly problem: string
  }>
  /** @returns why it has to be asked again; the window is closed where it has not */
  answer(given: { readonly passphrase: string } | { readonly instead: true }): Promise<string>
}
