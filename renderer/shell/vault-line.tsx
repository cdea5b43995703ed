import type { VaultView } from '../../preload/contract/index.ts'
import { Icon } from '../parts/icon.tsx'

const places: Record<VaultView['kind'], string> = {
  keychain: 'the keychain of this computer',
  file: 'an encrypted file',
  memory: 'memory, until Warder stops',
  none: 'nowhere yet',
}

/** Where credentials are kept, in words. */
export const placeOf = (vault: VaultView) => places[vault.kind]

export const works = (vault: VaultView) => vault.kind !== 'none' && vault.state === 'available'

/** One line at the foot of the sidebar: keys are kept, and where. */
export function VaultLine({ vault }: { vault: VaultView }) {
  return (
    <p className="vault-line" data-tone={works(vault) ? 'good' : 'warn'}>
      <Icon name={works(vault) ? 'key' : 'locked'} />
      <span>
        {vault.kind === 'none' ? 'No place to keep keys yet' : `Keys are in ${placeOf(vault)}`}
        {vault.state === 'locked' && ', which is locked'}
      </span>
    </p>
  )
}
