import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { writeTogether } from '../../main/runtime/write-together.ts'

/** What the operating system would be asked to write, call by call. */
function recorded(highWaterMark = 1_000) {
  const calls: string[] = []
  const stream = new Writable({
    highWaterMark,
    write(chunk: Buffer, _encoding, done) {
      calls.push(String(chunk))
      done()
    },
    writev(chunks, done) {
      calls.push(chunks.map(({ chunk }) => String(chunk)).join(''))
      done()
    },
  })
  return { stream, calls }
}

it('writes what comes in one turn at once, in order, and the next turn by itself', async () => {
  const { stream, calls } = recorded()
  writeTogether(stream, 'a')
  await Promise.resolve()
  writeTogether(stream, 'b')
  expect(calls).toEqual([])
  await new Promise((done) => setImmediate(done))
  expect(calls).toEqual(['ab'])
  writeTogether(stream, 'c')
  await new Promise((done) => setImmediate(done))
  expect(calls).toEqual(['ab', 'c'])
})

it('says when the stream is full, and drains', async () => {
  const { stream, calls } = recorded(2)
  const drained = new Promise<void>((done) => stream.once('drain', done))
  expect(writeTogether(stream, 'a')).toBe(true)
  expect(writeTogether(stream, 'bc')).toBe(false)
  await drained
  expect(calls).toEqual(['abc'])
})

it('does not mind a stream that was destroyed meanwhile', async () => {
  const { stream, calls } = recorded()
  writeTogether(stream, 'a')
  stream.destroy()
  await new Promise((done) => setImmediate(done))
  expect(calls).toEqual([])
})
