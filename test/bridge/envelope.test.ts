import { describe, expect, it } from 'vitest'
import {
  errorResponse,
  onOneLine,
  readMessage,
  refuseLookAlikes,
  resultResponse,
  withId,
} from '../../main/bridge/envelope.ts'
import { readJson } from '../../main/bridge/json-scan.ts'
import { isWarderError } from '../../main/errors.ts'
import { randomJson, seededRandom } from './random-json.ts'

/** @returns why the message is refused, or null where it is read */
function refusal(text: string): string | null {
  try {
    readMessage(text)
    return null
  } catch (error) {
    if (!isWarderError(error, 'bridge.malformed')) throw error
    return String(error.details?.reason)
  }
}

describe('readMessage: the three kinds', () => {
  it('reads a request with its id as it was written', () => {
    const message = readMessage(
      '{"jsonrpc":"2.0","id":"\\u0061","method":"tools/call","params":{"name":"x"}}',
    )
    if (message.kind !== 'request') throw new Error(message.kind)
    expect(message.id).toBe('"\\u0061"')
    expect(message.method).toBe('tools/call')
    expect(message.params?.member('name')?.string()).toBe('x')
  })

  it('reads a notification', () => {
    const message = readMessage('{"method":"notifications/initialized","jsonrpc":"2.0"}')
    expect(message).toMatchObject({
      kind: 'notification',
      method: 'notifications/initialized',
      params: undefined,
    })
  })

  it('reads a result, whatever is in it, as it was written', () => {
    const result =
      '{"n":1e400,"m":-0,"big":123456789012345678901234567890,"__proto__":{"polluted":1}}'
    const message = readMessage(`{"jsonrpc":"2.0","id":7,"result":${result}}`)
    if (message.kind !== 'response') throw new Error(message.kind)
    expect([message.id, message.result?.raw, message.error]).toEqual(['7', result, undefined])
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  it.each(['', '"id":null,'])('reads an error about an unreadable request (%s)', (id) => {
    const message = readMessage(
      `{"jsonrpc":"2.0",${id}"error":{"code":-32700,"message":"Parse error"}}`,
    )
    expect(message).toMatchObject({ kind: 'response', id: 'null', result: undefined })
  })

  it.each(['0', '-1', '123456789012345678901234567890', '""', '"__proto__"'])(
    'takes the id %s',
    (id) => {
      expect(refusal(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`)).toBeNull()
      expect(refusal(`{"jsonrpc":"2.0","id":${id},"result":{}}`)).toBeNull()
    },
  )
})

describe('readMessage: what it refuses', () => {
  it.each(['null', '1.0', '7.0000001', '1e3', 'true', '{}', '[7]', '"\\ud800"'])(
    'the id %s',
    (id) => {
      expect(refusal(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`)).not.toBeNull()
      expect(refusal(`{"jsonrpc":"2.0","id":${id},"result":{}}`)).not.toBeNull()
    },
  )

  it.each([
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 'batches'],
    ['an empty batch', '[]', 'batches'],
    ['a number', '42', 'not an object'],
    ['null', 'null', 'not an object'],
    ['a string', '"x"', 'not an object'],
    ['an empty object', '{}', 'jsonrpc'],
    ['a banner', 'Server listening on stdio', 'not JSON'],
    ['cut JSON', '{"jsonrpc":"2.0","id":7', 'not closed'],
    ['NUL bytes', '\0\0\0\0', 'not JSON'],
    ['a byte order mark', '\ufeff{"jsonrpc":"2.0","id":7,"result":{}}', 'not JSON'],
    ['another version', '{"jsonrpc":"1.0","id":7,"result":{}}', 'jsonrpc'],
    ['a version that is a number', '{"jsonrpc":2.0,"id":7,"result":{}}', 'jsonrpc'],
    ['two methods', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}', 'twice'],
    [
      'two methods, one escaped',
      '{"jsonrpc":"2.0","id":1,"method":"ping","metho\\u0064":"x"}',
      'twice',
    ],
    [
      'two names',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}',
      'twice',
    ],
    ['a method that is no string', '{"jsonrpc":"2.0","id":1,"method":1}', 'method'],
    ['params by position', '{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}', 'params'],
    ['params null', '{"jsonrpc":"2.0","id":1,"method":"ping","params":null}', 'params'],
    ['a request with a result', '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}', 'at once'],
    [
      'result and error',
      '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}}',
      'exactly one',
    ],
    ['neither', '{"jsonrpc":"2.0","id":1}', 'exactly one'],
    ['a result without an id', '{"jsonrpc":"2.0","result":{}}', 'no id'],
    ['an answer with params', '{"jsonrpc":"2.0","id":1,"result":{},"params":{}}', 'params'],
    ['an unknown member', '{"jsonrpc":"2.0","id":1,"method":"ping","trace":1}', 'does not know'],
  ])('%s', (_what, text, reason) => {
    expect(refusal(text)).toContain(reason)
  })

  it.each([
    'Method',
    'METHOD',
    'ｍethod',
    'Params',
    'paramſ',
    'ID',
    'ıd',
    'Result',
    'JSONRPC',
    'jsonRPC',
  ])('the envelope member %s beside or instead of the real one', (name) => {
    const looksLike = 'a member only looks like one of the protocol'
    expect(refusal(`{"jsonrpc":"2.0","id":1,"method":"ping","${name}":"x"}`)).toBe(looksLike)
    expect(refusal(`{"${name}":"2.0"}`)).toBe(looksLike)
  })

  it.each(['Name', 'NAME', 'Arguments', 'argumentſ', 'URI', 'Ref', '_META'])(
    'the parameter %s',
    (name) => {
      const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ok","${name}":"x"}}`
      expect(refusal(text)).toContain('looks like')
    },
  )

  it('but nothing within arguments: those are the tool’s own', () => {
    const text =
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ok","arguments":{"Name":1,"name":2,"ID":3}}}'
    expect(refusal(text)).toBeNull()
  })
})

describe('refuseLookAlikes', () => {
  it('lets the names themselves and unlike ones pass', () => {
    const object = readJson('{"tools":[],"nextCursor":"x","_meta":{},"toolsX":1}')
    expect(() => refuseLookAlikes(object, ['tools', 'nextCursor'])).not.toThrow()
    expect(() => refuseLookAlikes(readJson('{"Tools":[]}'), ['tools'])).toThrow(/looks like/)
  })
})

describe('splicing', () => {
  it('withId keeps every other character of random messages', () => {
    const random = seededRandom(3)
    for (let run = 0; run < 2_000; run++) {
      const id = random.pick(['1', '-5', '"a"', '"id\\":9"', '123456789012345678901234567890'])
      const parts = [
        ['"jsonrpc" : "2.0"', '"result": ', randomJson(random)],
        [
          `"jsonrpc":"2.0"`,
          '"method":"m\\u0061", "params":',
          `{"id":${id},"x":${randomJson(random)}}`,
        ],
      ]
      const [version = '', name = '', value = ''] = random.pick(parts)
      const before = random.pick([
        ` {${version},\t"id" : `,
        `{${name}${value},${version}, "i\\u0064":`,
      ])
      const after = before.includes(name) ? ' }\n' : `,${name}${value}}`
      const message = readMessage(before + id + after)
      if (message.kind === 'notification') throw new Error('a message has an id')
      expect(withId(message, '4711')).toBe(`${before}4711${after}`)
    }
  })

  it('puts a result into an answer as it was written', () => {
    const answer = resultResponse('"a"', '{"big":123456789012345678901234567890}')
    expect(answer).toBe(
      '{"jsonrpc":"2.0","id":"a","result":{"big":123456789012345678901234567890}}',
    )
    expect(readMessage(answer).kind).toBe('response')
  })

  it('writes errors that can be read again', () => {
    expect(errorResponse('7', -32602, 'no "quotes"\nbroken')).toBe(
      '{"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"no \\"quotes\\"\\nbroken"}}',
    )
    expect(errorResponse('null', -32700, 'x', { code: 'bridge.malformed' })).toContain(
      '"data":{"code":"bridge.malformed"}',
    )
    expect(readMessage(errorResponse('null', -32700, 'x')).kind).toBe('response')
  })

  it('onOneLine leaves values alone', () => {
    const random = seededRandom(4)
    for (let run = 0; run < 500; run++) {
      const text = randomJson(random)
      expect(onOneLine(text)).not.toMatch(/[\r\n]/)
      expect(JSON.parse(onOneLine(text))).toEqual(JSON.parse(text))
    }
  })
})
