/**
 * The vault's port. Keys are ours (`grant:ID`, `secret:NAME`, …), values are UTF-8 text of up to 64 KiB. Operations on
 * one key are carried out in the order they were asked for.
 */
export interface SecretStore {
  readonly kind: 'keychain' | 'file' | 'memory' | 'none'
  status(): Promise<VaultStatus>
  /**
   * @returns null only for a key that was never set or was deleted
   * @throws WarderError `vault.locked_or_missing` where a key that was set reads as absent; `vault.locked`,
   *   `vault.absent`, `vault.timeout`, `vault.choose`
   */
  get(key: string): Promise<string | null>
  /** Resolves once the value was stored and read back. @throws WarderError `vault.write_failed` and those of `get` */
  set(key: string, value: string): Promise<void>
  /** Resolves once the item is gone; deleting what is not there is done already. @throws WarderError `vault.delete_failed` */
  delete(key: string): Promise<void>
  /** Ends helpers and forgets what was held in memory. */
  close(): Promise<void>
}

export interface VaultStatus {
  readonly state: 'available' | 'locked' | 'absent'
  /** A sentence for the user where the state is not `available`, or where a better vault exists; else null. */
  readonly why: string | null
}
