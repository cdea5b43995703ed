import { type ErrorCode, WarderError } from '../errors.ts'

/**
 * What the words of a keychain mean. libsecret, D-Bus and gnome-keyring say them in English whatever the locale,
 * because neither Node nor Electron's helper sets one; macOS may translate, and then the meaning is `vault.failed`.
 */
const meanings: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [
    /locked collection|IsLocked|prompt was dismissed|interaction is not allowed|cancell?ed|passphrase you entered/i,
    'vault.locked',
    'The keychain is locked, or its prompt was dismissed.',
  ],
  [
    /autolaunch D-Bus|Could not connect|connection is closed|org\.freedesktop\.secrets|ServiceUnknown|NameHasNoOwner/,
    'vault.absent',
    'No keychain service answers in this session.',
  ],
  [
    /Object does not exist at path/,
    'vault.absent',
    'The keychain service runs, but nobody has made a keyring yet.',
  ],
]

/** The error for a helper's failure; the keychain's own words stay in `cause`. */
export function keychainFailure(stage: 'load' | 'call', reason: string): WarderError {
  const cause = new Error(reason)
  if (stage === 'load')
    return new WarderError(
      'vault.absent',
      process.platform === 'linux'
        ? 'The keychain library could not be loaded: libsecret is missing (Debian: libsecret-1-0).'
        : 'The keychain library could not be loaded.',
      { cause },
    )
  const known = meanings.find(([words]) => words.test(reason))
  return known
    ? new WarderError(known[1], known[2], { cause })
    : new WarderError('vault.failed', 'The keychain failed in a way Warder does not know.', {
        cause,
      })
}
