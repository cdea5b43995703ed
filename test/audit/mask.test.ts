import { describe, expect, it } from 'vitest'
import { createMask } from '../../main/audit/mask.ts'
import { createKnownSecrets } from '../../main/vault/known-secrets.ts'
import { type Random, seededRandom } from '../bridge/random-json.ts'

function maskOf(...values: string[]) {
  const known = createKnownSecrets()
  for (const [index, value] of values.entries()) known.add(`s${index}`, value)
  return { known, mask: createMask(known) }
}

const unicode = (text: string, which: RegExp, upper = false) =>
  text.replace(which, (unit) => {
    const code = unit.charCodeAt(0).toString(16).padStart(4, '0')
    return `\\u${upper ? code.toUpperCase() : code}`
  })

/** How a value travels, and which of its neighbours it needs to be whole. */
const encodings: Record<string, (secret: string, before: string, after: string) => string> = {
  raw: (secret, before, after) => before + secret + after,
  json: (secret, before, after) => JSON.stringify(before + secret + after),
  'json in json': (secret, before, after) =>
    JSON.stringify(JSON.stringify(before + secret + after)),
  'json of PHP': (secret, before, after) =>
    unicode(JSON.stringify(before + secret + after), /[\u007f-\uffff]/g).replaceAll('/', '\\/'),
  'json of Python': (secret, before, after) =>
    unicode(JSON.stringify(before + secret + after), /[\u007f-\uffff]/g),
  'json of Go': (secret, before, after) =>
    unicode(JSON.stringify(before + secret + after), /[<>&\u2028\u2029]/g),
  'json of .NET': (secret, before, after) =>
    `"${unicode(JSON.stringify(before + secret + after).slice(1, -1), /[<>&'+`\u007f-\uffff]/g, true).replaceAll('\\"', '\\u0022')}"`,
  percent: (secret, before, after) => before + encodeURIComponent(secret) + after,
  'percent, lower case': (secret, before, after) =>
    before + encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()) + after,
  form: (secret, before, after) => `${before}${new URLSearchParams({ a: secret })}${after}`,
  hex: (secret, before, after) => Buffer.from(before + secret + after).toString('hex'),
  HEX: (secret, before, after) =>
    Buffer.from(before + secret + after)
      .toString('hex')
      .toUpperCase(),
  base64: (secret, before, after) => Buffer.from(before + secret + after).toString('base64'),
  base64url: (secret, before, after) => Buffer.from(before + secret + after).toString('base64url'),
}

const plain = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.'
const odd = `${plain}+/=~!'()*<>&"\\ \`éß€😀`
const text = (random: Random, alphabet: string, length: number) =>
  Array.from({ length }, () => random.pick(Array.from(alphabet))).join('')

describe('the mask', () => {
  it.each(Object.entries(encodings))('finds any secret at any place: %s', (name, encode) => {
    const random = seededRandom(name.length)
    for (let round = 0; round < 500; round++) {
      const secret = text(random, round % 2 === 0 ? plain : odd, 8 + random.below(40))
      const before = text(random, plain, random.below(9))
      const after = text(random, plain, random.below(9))
      const { mask } = maskOf(secret)
      const given = encode(secret, before, after)
      const about = JSON.stringify({ secret, given })
      const { text: seen, masked } = mask(given)
      expect(masked, about).toBeGreaterThan(0)
      expect(seen, about).toContain('[masked by Warder: s0]')
      expect(mask(seen), about).toEqual({ text: seen, masked: 0 })
      // What stood around it is as it was, but for the bits that base64 shares.
      const shared = name.startsWith('base64') ? 4 : 0
      const [head = '', tail = ''] = seen.split('[masked by Warder: s0]')
      expect(given.startsWith(head) && given.endsWith(tail), about).toBe(true)
      const whole = encode('', before, after).length
      expect(head.length + tail.length, about).toBeLessThanOrEqual(whole + shared)
    }
  })

  it('touches nothing else', () => {
    const random = seededRandom(3)
    const secrets = Array.from({ length: 20 }, () => text(random, odd, 8 + random.below(30)))
    const { mask } = maskOf(...secrets)
    for (let round = 0; round < 2_000; round++) {
      const innocent = text(random, odd, random.below(400))
      expect(mask(innocent)).toEqual({ text: innocent, masked: 0 })
      const encoded = Buffer.from(innocent).toString(round % 2 === 0 ? 'base64' : 'hex')
      expect(mask(encoded)).toEqual({ text: encoded, masked: 0 })
    }
  })

  it('counts places and names the longest secret that is there', () => {
    const { mask } = maskOf('abcdefgh', 'abcdefgh-and-more')
    expect(mask('abcdefgh abcdefgh-and-more abcdefgh')).toEqual({
      text: '[masked by Warder: s0] [masked by Warder: s1] [masked by Warder: s0]',
      masked: 3,
    })
  })

  it('learns a secret the moment it is known', () => {
    const { known, mask } = maskOf()
    expect(mask('brand-new-token').masked).toBe(0)
    known.add('late', 'brand-new-token')
    expect(mask('brand-new-token')).toEqual({ text: '[masked by Warder: late]', masked: 1 })
  })

  it('leaves words too short to be credentials, and survives what is not Unicode', () => {
    const { mask } = maskOf('1234567', 'half\ud800pair')
    expect(mask('1234567').masked).toBe(0)
    expect(mask('half\ufffdpair').masked).toBe(1)
    expect(mask('anything')).toEqual({ text: 'anything', masked: 0 })
  })
})
