import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Receipt } from '../../../main/oauth/types.ts'
import { remoteServerSchema } from '../../../main/store/config-schema.ts'

/** Clients for which nobody signs in, as real providers know them. */

export const SECRET = 'the-secret-of-a-service'
export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })

export const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()

export const jwks = (key: KeyObject, more: object) => ({
  jwks: { keys: [{ ...key.export({ format: 'jwk' }), use: 'sig', ...more }] },
})

export const bySecret = { clientId: 'warder-jobs', clientSecret: 'secret:jobs' }
export const byKey = { clientId: 'warder-jobs', privateKey: 'secret:jobs' }

export const serviceAt = (url: string, oauth: object, name = 'jobs') => ({
  name,
  definition: remoteServerSchema.parse({ url, auth: 'service', oauth }),
})

export const outcomes = ({ steps }: Receipt) =>
  steps.map(({ step, outcome }) => `${step} ${outcome}`)

/** A resource server that takes tokens bound to a key only, and asks for no nonce. */
export const bound = () => ({ dpop: { nonce: () => null, proofs: new Set<string>() } })
