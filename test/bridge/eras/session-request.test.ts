import { describe, expect, it } from 'vitest'
import { type RequestMessage, readMessage } from '../../../main/bridge/envelope.ts'
import { META } from '../../../main/bridge/eras/claim.ts'
import { inSession } from '../../../main/bridge/eras/session-request.ts'

const VERSION = `"${META}protocolVersion":"2026-07-28"`
const INFO = `"${META}clientInfo" : {"a":[1,2]}`
const ABILITIES = `"${META}clientCapabilities":{}`

const params = (text: string) => {
  const whole = `{"jsonrpc":"2.0","id":1,"method":"m","params":${text}}`
  const result = inSession(readMessage(whole) as RequestMessage, '"own"')
  readMessage(result)
  return result.slice(whole.indexOf('{', 1), -1)
}

describe('a request that stood alone, in a session', () => {
  it.each([
    [`{"_meta":{${VERSION}}}`, '{"_meta":{}}'],
    [`{"_meta":{ ${VERSION} , "x":1e400}}`, '{"_meta":{ "x":1e400}}'],
    [`{"_meta":{"x":1,${VERSION}}}`, '{"_meta":{"x":1}}'],
    [`{"_meta":{"x":1,${VERSION},${INFO},"y":2,${ABILITIES}}}`, '{"_meta":{"x":1,"y":2}}'],
    [`{"_meta":{${INFO},${VERSION},"x":"${META}","y":2}}`, `{"_meta":{"x":"${META}","y":2}}`],
    [`{"_meta":{"x":1,"progressToken":7,${VERSION}}}`, '{"_meta":{"x":1,"progressToken":"own"}}'],
    [`{"_meta":{${VERSION}},"requestState":"s","name":"a"}`, '{"_meta":{},"name":"a"}'],
    [`{"requestState":"s","_meta":{${VERSION}},"inputResponses":{}}`, '{"_meta":{}}'],
    [`{"a":{"requestState":1},"_meta":{${VERSION}}}`, '{"a":{"requestState":1},"_meta":{}}'],
  ])('of %s is %s', (given, expected) => expect(params(given).trim()).toBe(expected))
})
