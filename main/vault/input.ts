import { WarderError } from '../errors.ts'

/** The largest value a vault takes, in bytes of UTF-8. */
export const MAX_VALUE = 65_536

/** Keys become names of items in the keychain and rows of an index where `#` marks the chunks: nothing but these. */
const KEY = /^[A-Za-z0-9][A-Za-z0-9:._/@+-]{0,199}$/

/** @throws WarderError `internal.unexpected`: keys are made by us, never by a person */
export function checkKey(key: string): void {
  if (!KEY.test(key))
    throw new WarderError('internal.unexpected', 'A vault key has a form that Warder never makes.')
}

/** @throws WarderError `secret.invalid` for what would not come back as it went in */
export function checkValue(value: string): void {
  if (Buffer.byteLength(value) > MAX_VALUE)
    throw new WarderError('secret.invalid', `The value is longer than ${MAX_VALUE} bytes.`)
  if (!value.isWellFormed())
    throw new WarderError('secret.invalid', 'The value is not valid Unicode text.')
}
