import { describe, expect, it } from 'vitest'
import { createPages } from '../../main/bridge/catalogue/pages.ts'
import {
  type RequestMessage,
  type ResponseMessage,
  readMessage,
  resultResponse,
} from '../../main/bridge/envelope.ts'
import { limits } from '../../main/bridge/limits.ts'
import { BOUNDLESS, createBudget } from '../../main/runtime/budget.ts'

const asked = (cursor?: string) =>
  readMessage(
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'resources/list', params: { cursor } }),
  ) as RequestMessage
const answered = (lines: string, next?: string) =>
  readMessage(
    resultResponse(
      '1',
      `{"resources":[${lines}]${next === undefined ? '' : `,"nextCursor":"${next}"`}}`,
    ),
  ) as ResponseMessage

describe('the pages of a list', () => {
  it('may have as many lines as a message may hold', () => {
    const lines = Array.from({ length: 200_000 }, () => '{}').join()
    const whole = createPages(() => BOUNDLESS).turn({}, asked(), answered(lines))
    expect(whole?.length).toBe(`{"resources":[${lines}]}`.length)
  })

  it('are put together in their order, for each session by itself', () => {
    const pages = createPages(() => BOUNDLESS)
    const [one, two] = [{}, {}]
    expect(pages.turn(one, asked(), answered('1,2', 'a'))).toBeNull()
    expect(pages.turn(two, asked('a'), answered('9'))).toBeNull()
    expect(pages.turn(one, asked('a'), answered('3', 'b'))).toBeNull()
    expect(pages.turn(one, asked('b'), answered('4'))).toBe('{"resources":[1,2,3,4]}')
  })

  it('are let go of where they are too much to wait for their last one', () => {
    const pages = createPages(() => BOUNDLESS)
    const session = {}
    const page = JSON.stringify('a'.repeat(limits.listBytes / 2))
    expect(pages.turn(session, asked(), answered(page, 'a'))).toBeNull()
    expect(pages.turn(session, asked('a'), answered(page, 'b'))).toBeNull()
    expect(pages.turn(session, asked('b'), answered('1'))).toBeNull()
  })

  it('are let go of where there is no room for them, and count no more once they are whole or their session has ended', () => {
    const { answers } = createBudget({ each: 3_000, asked: 0, kept: 3_000, all: 0 }).of('one')
    const pages = createPages(() => answers)
    const [one, two, three] = [{}, {}, {}]
    const line = JSON.stringify('a'.repeat(1_000))
    for (const session of [one, two, three])
      expect(pages.turn(session, asked(), answered(line, 'a'))).toBeNull()
    expect(pages.turn(three, asked('a'), answered('1'))).toBeNull()
    expect(answers.take(1_500)).toBe(false)
    expect(pages.turn(one, asked('a'), answered('1'))).not.toBeNull()
    expect(answers.take(1_500)).toBe(true)
    pages.leave(two)
    expect(answers.take(1_500)).toBe(true)
    expect(pages.turn(two, asked('a'), answered('1'))).toBeNull()
  })
})
