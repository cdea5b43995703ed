import { PAGE_ORIGIN } from './page.ts'

/** The part of Electron's event that says who sent it. */
export interface Sender {
  readonly sender: { readonly id: number }
  readonly senderFrame: { readonly url: string; readonly parent: object | null } | null
}

/** Sender, frame and origin: a frame inside our page, or our window showing something else, is a stranger. */
export function isTrustedSender(
  event: Sender,
  trusted: { readonly id: number } | null,
  origin = PAGE_ORIGIN,
): boolean {
  const frame = event.senderFrame
  if (trusted === null || event.sender.id !== trusted.id) return false
  // A frame that has navigated away or was removed is null.
  if (frame === null || frame.parent !== null) return false
  return frame.url === origin || frame.url.startsWith(`${origin}/`)
}
