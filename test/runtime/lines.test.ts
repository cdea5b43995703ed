import { once } from 'node:events'
import { Duplex, PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { readLines } from '../../main/runtime/lines.ts'

interface Outcome {
  lines: string[]
  dropped: number
}

async function linesOf(chunks: Iterable<Buffer | string>, maxBytes = 1000): Promise<Outcome> {
  const outcome: Outcome = { lines: [], dropped: 0 }
  const stream = Readable.from(chunks, { objectMode: false })
  await readLines(
    stream,
    { onLine: (line) => void outcome.lines.push(line), onDropped: () => void outcome.dropped++ },
    { maxBytes },
  )
  return outcome
}

const base64 = (text: string) => Buffer.from(text, 'base64')

describe('readLines', () => {
  it('takes several lines from one chunk and one line from several chunks', async () => {
    expect((await linesOf(['{"a":1}\n{"b"', ':2}', '\n'])).lines).toEqual(['{"a":1}', '{"b":2}'])
  })

  it('does not care how the bytes are cut', async () => {
    const bytes = Buffer.from('{"a":"€ 😀"}\r\n\n\r\n{"b":1}\nlast')
    const expected = ['{"a":"€ 😀"}', '{"b":1}', 'last']
    for (let size = 1; size <= bytes.length; size++) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      )
      expect((await linesOf(chunks)).lines, `${size}`).toEqual(expected)
    }
  })

  it('takes a last line without a line break', async () => {
    expect((await linesOf(['{"id":7}'])).lines).toEqual(['{"id":7}'])
  })

  it('cuts one carriage return at the end and no other', async () => {
    expect((await linesOf(['a\rb\r\r\n'])).lines).toEqual(['a\rb\r'])
  })

  it.each([
    ['an overlong encoding', base64('wK8K')],
    ['an encoded surrogate', base64('7aCACg==')],
    ['0xff in a string', base64('eyJqc29ucnBjIjoiMi4wIiwiaWQiOjcsInJlc3VsdCI6eyJ4OiL/In19Cg==')],
    ['a cut character', base64('4oI=')],
  ])('drops and counts a line with %s, and reads on', async (_what, bytes) => {
    const outcome = await linesOf([
      bytes.at(-1) === 10 ? bytes : Buffer.concat([bytes, Buffer.from('\n')]),
      '{}\n',
    ])
    expect(outcome).toEqual({ lines: ['{}'], dropped: 1 })
  })

  it('keeps a byte order mark, which is then not JSON', async () => {
    expect((await linesOf([base64('77u/e30K')])).lines).toEqual(['\ufeff{}'])
  })

  it('takes a line of exactly the limit, in any pieces', async () => {
    expect((await linesOf(['12345678\n'], 8)).lines).toEqual(['12345678'])
    expect((await linesOf(['1234', '5678', '\n'], 8)).lines).toEqual(['12345678'])
  })

  it.each([[['123456789\n']], [['1234', '56789\n']], [['123456789']], [['1\n', '23456789', '0']]])(
    'refuses a line over the limit: %j',
    async (chunks) => {
      await expect(linesOf(chunks, 8)).rejects.toMatchObject({ code: 'bridge.too_large' })
    },
  )

  it('stops reading an endless line at the limit', async () => {
    let pulled = 0
    const endless = function* () {
      for (;;) {
        pulled += 1024
        yield Buffer.alloc(1024, 'A')
      }
    }
    await expect(linesOf(endless(), 64 * 1024)).rejects.toMatchObject({ code: 'bridge.too_large' })
    expect(pulled).toBeLessThan(256 * 1024)
  })

  const broken: Record<string, (stream: PassThrough) => void> = {
    'breaks in the middle': (stream) => setImmediate(() => stream.destroy(new Error('cut off'))),
    'is closed before its end': (stream) => setImmediate(() => stream.destroy()),
    'was destroyed before anybody read': (stream) => stream.destroy(),
  }
  it.each(Object.entries(broken))('rejects for a stream that %s', async (_, breakIt) => {
    const stream = new PassThrough().on('error', () => {})
    stream.write('one\ntw')
    breakIt(stream)
    await new Promise((done) => (stream.destroyed ? stream.once('close', done) : done(undefined)))
    const lines: string[] = []
    const reading = readLines(stream, { onLine: (line) => void lines.push(line) })
    await expect(reading).rejects.toThrow(/cut off|closed before its end/)
    expect(stream.listenerCount('data')).toBe(0)
  })

  it('is over at once for a stream that was read to its end', async () => {
    const stream = new PassThrough()
    stream.end()
    stream.resume()
    await once(stream, 'close')
    await readLines(stream, { onLine: () => expect.unreachable() })
  })

  it('rejects with what a handler throws, and reads no more', async () => {
    const stream = new PassThrough()
    stream.write('one\ntwo\n')
    const reading = readLines(stream, {
      onLine() {
        throw new Error('no')
      },
    })
    await expect(reading).rejects.toThrow('no')
    expect(stream.isPaused()).toBe(true)
    expect(stream.destroyed).toBe(false)
  })

  it('hands on no line after it has said that the stream broke', async () => {
    const stream = new PassThrough()
    stream.write('one\ntwo\n')
    const { promise: gate, resolve: openGate } = Promise.withResolvers<void>()
    const lines: string[] = []
    const reading = readLines(stream, {
      onLine(line) {
        lines.push(line)
        setImmediate(() => stream.destroy())
        return gate
      },
    })
    await expect(reading).rejects.toThrow('closed before its end')
    openGate()
    await new Promise((resolve) => setImmediate(resolve))
    expect(lines).toEqual(['one'])
  })

  it('does not read on while a line is being handled', async () => {
    let pulled = 0
    const chunks = function* () {
      for (let line = 0; line < 1000; line++) {
        pulled += 1
        yield Buffer.from(`${'x'.repeat(1024)}\n`)
      }
    }
    const { promise: gate, resolve: openGate } = Promise.withResolvers<void>()
    const { promise: first, resolve: firstArrived } = Promise.withResolvers<void>()
    let handled = 0
    const reading = readLines(Readable.from(chunks(), { objectMode: false }), {
      onLine: () => {
        handled += 1
        firstArrived()
        return gate
      },
    })
    await first
    // One whole turn of the event loop: whatever would be read ahead has been read.
    await new Promise((resolve) => setImmediate(resolve))
    expect(handled).toBe(1)
    expect(pulled).toBeLessThan(200)
    openGate()
    await reading
    expect(handled).toBe(1000)
  })

  it.each([['{}\n'], ['123456789\n']])('leaves a socket to its owner after %j', async (input) => {
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
    socket.push(input)
    socket.push(null)
    await readLines(socket, { onLine: () => {} }, { maxBytes: 8 }).catch(() => {})
    expect(socket.destroyed).toBe(false)
    expect(socket.writable).toBe(true)
    socket.destroy()
  })
})
