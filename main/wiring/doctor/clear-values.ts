import { secretsIn } from '../../detector/detect.ts'
import { isHarmlessName, meaningOf } from '../../detector/names.ts'
import {
  CODE,
  isPath,
  isPlaceholder,
  isShapelessSecret,
  isUuid,
  looksRandom,
  withoutReferences,
} from '../../detector/values.ts'

/** How sure it is that a value is a credential in the clear; null: it is none. */
export type Verdict = 'secret' | 'possible' | null

/** A value that a person gave a name to: a variable, a header, an option, a parameter of a URL. */
export function judgeNamed(name: string, value: string): Verdict {
  // A reference is none; what stands in the file for the case that it leads nowhere may be one.
  const given = withoutReferences(value).trim()
  if (isPlaceholder(given) || isPath(given)) return null
  if (secretsIn(given).length > 0) return 'secret'
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(given)) return null
  const bare = given.replace(/^(?:Bearer|Basic|DPoP|Token|ApiKey)(?:\s+|$)/i, '')
  if (isPlaceholder(bare)) return null
  switch (meaningOf(name)) {
    case 'credential':
      return bare.length >= 4 && !/^[A-Z]{2,6}$/.test(bare) ? 'secret' : null
    case 'code':
      return CODE.test(bare) ? 'secret' : null
    case 'perhaps':
      return looksRandom(bare, 12) || isUuid(bare) ? 'secret' : judgeShape(bare)
    default:
      return isHarmlessName(name) ? null : judgeShape(bare)
  }
}

/** A value that stands alone. */
export function judgeAlone(value: string): Verdict {
  const given = withoutReferences(value).trim()
  if (isPlaceholder(given)) return null
  return secretsIn(given).length > 0 ? 'secret' : judgeShape(given)
}

const judgeShape = (value: string): Verdict =>
  isShapelessSecret(value) && !isReadable(value) ? 'possible' : null

/** Base64 of words that anybody may read: a piece of configuration. */
const isReadable = (value: string) =>
  /^[\t\r\n\x20-\x7e]+$/.test(Buffer.from(value, 'base64').toString('utf8'))
