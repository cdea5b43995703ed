import type { BrowserUrl } from '../net/browser-url.ts'
import type { SignInPage } from './authorization.ts'
import type { Tokens } from './token-requests.ts'
import type { SignIn } from './types.ts'

/** How one sign-in comes to its tokens: with a redirect, or by code. */
export interface Way extends Pick<SignIn, 'expiresAt' | 'linkExpiresAt' | 'device' | 'answer'> {
  readonly page: BrowserUrl
  /** The page at this moment: one that can still be opened. */
  pageToOpen(): Promise<BrowserUrl>
  /** One that nobody was shown or opened yet, where that makes a difference. */
  freshPage(): Promise<SignInPage>
  /** Settles when the person is done; may bring tokens even after `cancel`, where they were on their way. */
  tokens(): Promise<Tokens>
  /** Waits no longer. */
  cancel(): void
}
