import type { Mask } from '../audit/mask.ts'
import { grantKey, grantLabel, readSealed } from '../oauth/sealed-grant.ts'
import type { Grants } from '../oauth/types.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { NamedSecrets } from '../vault/secrets.ts'
import type { SecretStore } from '../vault/store.ts'

/** The vault's own values, to be looked for in what others keep. */
export interface VaultValues {
  /**
   * Reads everything that the vault holds, so that it is found however long nobody used it.
   *
   * @returns what says which of them a text holds, in any encoding that the mask knows: names, never values
   */
  learn(): Promise<(text: string) => readonly string[]>
}

export function createVaultValues(options: {
  secrets: Pick<NamedSecrets, 'learn'>
  grants: Pick<Grants, 'list'>
  vault: SecretStore
  knownSecrets: KnownSecrets
  mask: Mask
}): VaultValues {
  const { secrets, grants, vault, knownSecrets, mask } = options
  return {
    async learn() {
      await secrets.learn()
      // What cannot be read now is not known, and no reason to look for nothing.
      for (const grant of grants.list())
        await readSealed(vault, grantKey(grant.id), grantLabel(grant), knownSecrets).catch(
          () => null,
        )
      return (text) => {
        const { text: masked, masked: count } = mask(text)
        if (count === 0) return []
        const labels = [...masked.matchAll(MASKED)].flatMap(([whole, label = '']) =>
          text.includes(whole) ? [] : label,
        )
        return [...new Set(labels)].filter((label) => !label.startsWith('import:')).map(inWords)
      }
    },
  }
}

const MASKED = /\[masked by Warder: ([^\]]*)\]/g

function inWords(label: string): string {
  const [, secret] = /^secret:(.*)$/.exec(label) ?? []
  if (secret !== undefined) return `the secret ${secret}`
  const [, account, what] = /^grant:(.*) (access token|refresh token|DPoP key)$/.exec(label) ?? []
  return account === undefined ? label : `the ${what} of ${account}`
}
