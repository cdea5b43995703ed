import type { Companion } from '../companion.ts'
import type { Ask } from './presence.ts'

/**
 * Where the system has no keychain, a person may have secrets kept in memory until Warder ends, knowingly; without that word
 * nothing can be stored. The other vault, a file with a passphrase, is for `warder serve`.
 *
 * @param isAsked false where nobody is there to answer: then nothing is stored
 */
export async function withVault(
  start: (vault: { readonly vault?: 'memory' }) => Promise<Companion>,
  {
    ask,
    isAsked,
  }: {
    readonly ask: Ask
    readonly isAsked: boolean
  },
): Promise<Companion> {
  const companion = await start({})
  if (companion.vault !== 'none' || !isAsked) return companion
  const lines = [
    'This system has no keychain that Warder can use, so there is nowhere to keep tokens and secrets.',
    'Kept in memory, they are gone when Warder ends, and you sign in again. Else nothing can be stored.',
    'With a passphrase they can be kept in a file: start `warder serve --vault file` in the place of the app.',
  ]
  if (!(await ask('Keep secrets in memory?', lines, 'Keep in memory'))) return companion
  await companion.close()
  return start({ vault: 'memory' })
}
