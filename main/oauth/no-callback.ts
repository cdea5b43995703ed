import { WarderError } from '../errors.ts'
import type { CallbackListener } from './callback.ts'

/** Stands for the redirect URI of a client that has none: it signs in by code (RFC 8628), and nothing listens. */
export const noRedirect = ''

export const noCallback: CallbackListener = {
  redirectUri: noRedirect,
  wait: () => Promise.reject(noAnswer()),
  paste() {
    throw noAnswer()
  },
  cancel: () => undefined,
}

const noAnswer = () =>
  new WarderError('oauth.paste_refused', 'A sign-in by code ends at no address: enter the code.')
