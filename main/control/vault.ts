import { WarderError } from '../errors.ts'
import { confirm } from './confirm.ts'
import type { ControlHouse } from './house.ts'
import type { Handlers } from './types.ts'

/** Another vault is another beginning: Warder starts anew with it, and nothing is carried over. */
export function vaultHandlers({
  vault,
  presence,
  chooseVault,
}: Pick<ControlHouse, 'vault' | 'presence' | 'chooseVault'>): Handlers<
  'vault:choices' | 'vault:choose'
> {
  return {
    async 'vault:choices'() {
      const kinds = chooseVault === null ? [] : (['keychain', 'file'] as const)
      return { kinds: kinds.filter((kind) => kind !== vault.kind) }
    },
    async 'vault:choose'({ kind, confirm: answer }) {
      if (chooseVault === null)
        throw new WarderError(
          'vault.chosen_at_start',
          'This Warder takes another vault only when it starts: `warder serve --vault`.',
        )
      if (kind === vault.kind)
        throw new WarderError('usage.invalid', 'That is the vault in use already.')
      await confirm(
        presence,
        {
          kind: 'vault.choose',
          title: `Keep keys in ${places[kind]}`,
          lines: [
            'Warder starts anew; calls that are under way end with an error',
            ...(kind === 'file' ? ['A window asks for the passphrase, now and at each start'] : []),
            'Nothing is carried over: sign in again, set secrets again, and approve again',
            'What is in the vault of now stays there: revoke first what should not be left',
          ],
        },
        answer,
      )
      // The answer leaves first: what ends is its window, too.
      setImmediate(chooseVault, kind)
      return {}
    },
  }
}

const places = {
  keychain: 'the keychain of this computer',
  file: 'an encrypted file with a passphrase',
} as const
