import { inflateSync } from 'node:zlib'

export interface Pixels {
  readonly width: number
  readonly height: number
  /** Red, green, blue and alpha of each, row by row. */
  readonly rgba: Buffer
}

/** What our icons are: eight bits a channel with alpha, not interlaced (PNG, third edition). @throws RangeError otherwise */
export function decodePng(file: Buffer): Pixels {
  const width = file.readUInt32BE(16)
  const height = file.readUInt32BE(20)
  if (file[24] !== 8 || file[25] !== 6 || file[28] !== 0)
    throw new RangeError('another kind of PNG')
  const raw = inflateSync(Buffer.concat([...dataChunks(file)]))
  const stride = width * 4
  const rgba = Buffer.alloc(stride * height)
  for (let row = 0; row < height; row++) {
    const filter = raw[row * (stride + 1)] ?? 0
    for (let at = 0; at < stride; at++) {
      const left = at < 4 ? 0 : (rgba[row * stride + at - 4] ?? 0)
      const above = row === 0 ? 0 : (rgba[(row - 1) * stride + at] ?? 0)
      const corner = row === 0 || at < 4 ? 0 : (rgba[(row - 1) * stride + at - 4] ?? 0)
      const value = raw[row * (stride + 1) + 1 + at] ?? 0
      rgba[row * stride + at] = value + predicted(filter, left, above, corner)
    }
  }
  return { width, height, rgba }
}

function* dataChunks(file: Buffer): Generator<Buffer> {
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at)
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT')
      yield file.subarray(at + 8, at + 8 + length)
    at += length + 12
  }
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  switch (filter) {
    case 0:
      return 0
    case 1:
      return left
    case 2:
      return above
    case 3:
      return (left + above) >> 1
    default: {
      const guess = left + above - corner
      const [toLeft, toAbove, toCorner] = [left, above, corner].map((one) =>
        Math.abs(guess - one),
      ) as [number, number, number]
      if (toLeft <= toAbove && toLeft <= toCorner) return left
      return toAbove <= toCorner ? above : corner
    }
  }
}
