import { describe, expect, it } from 'vitest'
import {
  answerWith,
  errorResponse,
  type ResponseMessage,
  readMessage,
  resultResponse,
} from '../../main/bridge/envelope.ts'
import { answeredBy, membersOf, rawOf, stringOf } from '../../main/shim/message.ts'
import { mutate, randomJson, seededRandom } from '../bridge/random-json.ts'

const bytes = (text: string) => Buffer.from(text)

/** The members as they were written, by name. */
function read(text: string): Record<string, string> | null {
  const members = membersOf(bytes(text))
  if (members === null) return null
  return Object.fromEntries([...members].map(([name, span]) => [name, rawOf(bytes(text), span)]))
}

describe('membersOf', () => {
  it('finds what a parser finds, in whatever spelling', () => {
    const random = seededRandom(7)
    for (let run = 0; run < 3_000; run++) {
      const text = `{"id":${randomJson(random)},"params" : ${randomJson(random)} , "x":${randomJson(random)}}`
      const found = read(text) ?? {}
      const parsed = Object.entries(found).map(([name, raw]) => [name, JSON.parse(raw)])
      expect(Object.fromEntries(parsed)).toEqual(JSON.parse(text))
    }
  })

  it('neither fails nor hangs on what is broken', () => {
    const random = seededRandom(11)
    for (let run = 0; run < 3_000; run++) {
      const text = mutate(random, `{"id":${randomJson(random)},"m":${randomJson(random)}}`)
      const found = read(text)
      expect(found === null || typeof found === 'object').toBe(true)
    }
  })

  it.each([
    '',
    '[]',
    '[{"id":1}]',
    '"id"',
    '{',
    '{"id"',
    '{"id":',
    '{"id":1',
    '{"id":1,',
    '{"id":1 "method":2}',
    '{id:1}',
    '{"id":"1}',
    '{"id":{"a":[1}',
  ])('finds no object in %j', (text) => expect(read(text)).toBeNull())

  it('sees through escapes in names, and through quotes and brackets in strings', () => {
    expect(read('{"\\u0069d":1,"a\\\\":"}\\"]","b":[{"id":2}]}')).toEqual({
      id: '1',
      'a\\': '"}\\"]"',
      b: '[{"id":2}]',
    })
  })

  it('reads an object inside', () => {
    const text = bytes('{"params":{"uri":"a:b"}}')
    const params = membersOf(text)?.get('params')
    const uri = params && membersOf(text, params.start)?.get('uri')
    expect(uri && stringOf(text, uri)).toBe('a:b')
  })
})

describe('answeredBy', () => {
  const answers = [
    ['{"jsonrpc":"2.0","id":7,"result":{"id":1}}', '7', false],
    ['{"jsonrpc":"2.0","id":"a\\"b","result":{}}', '"a\\"b"', false],
    ['{"jsonrpc":"2.0","id":-3,"error":{"code":1,"message":""}}', '-3', true],
    ['{"jsonrpc":"2.0","id":null,"error":{}}', 'null', true],
    // As a companion of another version might write it.
    ['{"result":{"id":9,"error":1},"id":7,"jsonrpc":"2.0"}', '7', false],
    ['{"jsonrpc":"2.0", "id" : 7 , "error":{}}', '7', true],
  ] as const
  it.each(answers)('reads %s', (text, id, failed) =>
    expect(answeredBy(bytes(text))).toEqual({ id, failed }),
  )

  it.each([
    '{"jsonrpc":"2.0","id":7,"method":"ping"}',
    '{"method":"sampling/createMessage","params":{"result":1},"id":7,"jsonrpc":"2.0"}',
    '{"jsonrpc":"2.0","method":"notifications/progress","params":{"id":7,"result":1}}',
    '{"jsonrpc":"2.0","id":7',
    'garbage',
  ])('takes %s for no answer', (text) => expect(answeredBy(bytes(text))).toBeNull())

  it.each([
    ['a result', resultResponse('"a"', '{"long":1}'), false],
    ['an error', errorResponse('"a"', 1, 'no', { long: 1 }), true],
    [
      'an answer of a server',
      answerWith(
        '"a"',
        readMessage('{"result":{"long":1}, "id":9,"jsonrpc":"2.0"}') as ResponseMessage,
        '{"long":1}',
      ),
      false,
    ],
  ])('knows %s of the companion by its beginning', (_, text, failed) => {
    const beginning = text.slice(0, text.indexOf('{', 1))
    expect(answeredBy(bytes(beginning))).toEqual({ id: '"a"', failed })
  })

  it('needs no more than the beginning of a long answer', () => {
    const text = `{"jsonrpc":"2.0","id":7,"result":{"text":"${'x'.repeat(5_000)}"}}`
    expect(answeredBy(bytes(text).subarray(0, 1024))).toEqual({ id: '7', failed: false })
    // An id that is cut off is not taken for a shorter one.
    expect(answeredBy(bytes('{"jsonrpc":"2.0","id":12'))).toBeNull()
    expect(answeredBy(bytes('{"jsonrpc":"2.0","id":12,"resu'))).toBeNull()
  })
})
