/**
 * A text to keep that is part of a message: V8 makes a part a view of the whole, which then stays in memory for as long as the
 * part does, and of a peer's messages each may be its own.
 */
export function apart(part: string): string {
  // What is put together is written anew when it is taken apart.
  return ` ${part}`.slice(1)
}

/**
 * What a text holds in memory, and where it leaves as UTF-8; it is looked through only where it is long. V8 takes two bytes for
 * every character of a text that has one beyond Latin-1.
 */
export function bytesOf(text: string): number {
  if (text.length <= LONG) return text.length
  const bytes = Buffer.byteLength(text)
  return bytes === text.length ? bytes : Math.max(bytes, 2 * text.length)
}

const LONG = 16 * 1024
