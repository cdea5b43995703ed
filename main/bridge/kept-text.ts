/**
 * A text to keep that is part of a message: V8 makes a part a view of the whole, which then stays in memory for as long as the
 * part does, and of a peer's messages each may be its own.
 */
export function apart(part: string): string {
  // What is put together is written anew when it is taken apart.
  return ` ${part}`.slice(1)
}
