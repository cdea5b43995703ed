import { setTimeout as delay } from 'node:timers/promises'
import { redeemDeviceCode, requestDeviceCode } from './device.ts'
import { pollForTokens, type Wait } from './device-polling.ts'
import { noCallback } from './no-callback.ts'
import type { Way } from './way.ts'
import type { Party } from './wire.ts'

/** @param wait stands still for so long, or until it is aborted */
export interface DeviceSeams {
  readonly clock: () => number
  readonly wait?: Wait | undefined
  /** Is handed what must be masked from here on. */
  readonly secret: (name: string, value: string) => void
}

/**
 * A sign-in by a code that the person types on any device (RFC 8628): no redirect, and so no PKCE and no `state`; what
 * the tokens are bound to is the device code, which never leaves Warder but for the token endpoint.
 *
 * @throws as {@link requestDeviceCode}
 */
export async function beginByCode(
  party: Party,
  request: Parameters<typeof requestDeviceCode>[1],
  { clock, wait = timer, secret }: DeviceSeams,
): Promise<Way> {
  const code = await requestDeviceCode(party, request, clock)
  const { deviceCode, userCode, complete, page, expiresAt, interval } = code
  secret('device code', deviceCode)
  const given = new AbortController()
  const { signal } = given
  const ask = () => redeemDeviceCode(party, deviceCode, request.resource, clock)
  return {
    page,
    expiresAt,
    linkExpiresAt: null,
    device: { userCode, complete },
    pageToOpen: async () => page,
    freshPage: async () => ({ ...page, expiresAt: null }),
    tokens: () => pollForTokens({ ask, interval, expiresAt, clock, wait, signal }),
    answer: noCallback.paste,
    cancel: () => given.abort(),
  }
}

const timer: Wait = (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined)
