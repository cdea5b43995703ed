import type { Companion, CompanionOptions } from '../companion.ts'
import { isWarderError, WarderError } from '../errors.ts'
import type { Ask } from './presence.ts'

export type PassphraseAnswer = { readonly passphrase: string } | 'instead' | 'quit'

/** The window that asks for the passphrase; it stays open while its answer is tried. */
export interface PassphraseWindow {
  /** @param wrong the answer before did not open the vault */
  ask(purpose: 'open' | 'create', wrong: boolean): Promise<PassphraseAnswer>
  close(): void
}

type VaultOptions = Pick<CompanionOptions, 'vault' | 'passphrase'>

export interface VaultParts {
  readonly ask: Ask
  /** @returns the index of the answer; 0 for whoever does not read */
  readonly choose: (
    title: string,
    lines: readonly string[],
    answers: readonly string[],
  ) => Promise<number>
  readonly passphrase: PassphraseWindow
  /** False where nobody is there to answer, so that nothing is stored without a keychain. */
  readonly isAsked: boolean
}

/**
 * Starts with the vault that this home had last: the keychain, or the file, whose passphrase a person is asked for. Where
 * there is no keychain, a person chooses, knowingly; without that word nothing can be stored.
 *
 * @throws WarderError `cli.cancelled` where the person closes the window; and as `start`
 */
export async function withVault(
  start: (options: VaultOptions) => Promise<Companion>,
  parts: VaultParts,
): Promise<Companion> {
  const asked: { before: boolean; answer: PassphraseAnswer } = { before: false, answer: 'quit' }
  const passphrase = async (purpose: 'open' | 'create') => {
    asked.answer = await parts.passphrase.ask(purpose, asked.before)
    asked.before = true
    if (typeof asked.answer === 'object') return asked.answer.passphrase
    throw new WarderError('cli.cancelled', 'The vault was not opened, so Warder did not start.')
  }
  try {
    for (let vault: CompanionOptions['vault'] = 'last'; ; ) {
      try {
        const companion = await start({ vault, passphrase })
        const instead = await insteadOfNone(companion, parts)
        if (instead === null) return companion
        await companion.close()
        vault = instead
      } catch (error) {
        if (isWarderError(error, 'vault.wrong_passphrase')) continue
        if (!isWarderError(error, 'cli.cancelled') || asked.answer !== 'instead') throw error
        asked.before = false
        parts.passphrase.close()
        if (await parts.ask(...keychainQuestion)) vault = 'keychain'
      }
    }
  } finally {
    parts.passphrase.close()
  }
}

const keychainQuestion: Parameters<Ask> = [
  'Use the keychain of this computer instead?',
  [
    'It opens with your login. Without one, you are asked what to do.',
    'What is in the file stays there, unused: sign in again, set secrets again, and approve again.',
  ],
  'Use the keychain',
]

const answers = ['Store nothing', 'Keep in memory', 'Use a passphrase…'] as const

/** @returns the vault to start with in the place of none; null where it stays as it is */
async function insteadOfNone(
  { vault }: Companion,
  { choose, isAsked }: VaultParts,
): Promise<'memory' | 'file' | null> {
  if (vault !== 'none' || !isAsked) return null
  const lines = [
    'This system has no keychain that Warder can use, so there is nowhere to keep tokens and secrets.',
    'With a passphrase they are kept in an encrypted file; it is asked at each start.',
    'Kept in memory, they are gone when Warder ends, and you sign in again. Else nothing can be stored.',
  ]
  const chosen = await choose('Where should secrets be kept?', lines, answers)
  return chosen === 1 ? 'memory' : chosen === 2 ? 'file' : null
}
