import { execFile } from 'node:child_process'
import { copyFile, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authority, createAuthority } from '../harness/certificates.ts'
import { type TestHome, testHome } from '../harness/home.ts'
import { startSecureServer } from './secure-server.ts'

let home: TestHome
let authority: Authority

beforeAll(async () => {
  home = await testHome()
  authority = await createAuthority(home.path, 'Acme Inspection')
})
afterAll(() => home[Symbol.asyncDispose]())

/** Asks a server that shows a certificate of Acme, in a process that starts with these variables. */
async function dial(
  trusted: Readonly<Record<string, string>>,
  issued: { readonly host?: string; readonly days?: number } = {},
) {
  const identity = await authority.issue(issued.host ?? 'localhost', issued.days)
  await using server = await startSecureServer(identity)
  const program = path.join(import.meta.dirname, 'fixtures/dial.ts')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, `https://localhost:${server.port}/`],
    { env: { PATH: process.env.PATH, ...trusted } },
  )
  return { told: JSON.parse(stdout), requests: server.requests }
}

const greeted = { status: 200, body: 'hello' }

describe('a certificate authority of the organisation', () => {
  it('is trusted where it is in the store of the machine', async () => {
    expect((await dial({ SSL_CERT_FILE: authority.file })).told).toEqual(greeted)
    const folder = path.join(home.path, 'certs')
    await mkdir(folder)
    await copyFile(authority.file, path.join(folder, 'acme.pem'))
    expect((await dial({ SSL_CERT_DIR: folder })).told).toEqual(greeted)
  })

  it('is trusted where NODE_EXTRA_CA_CERTS names it', async () => {
    expect((await dial({ NODE_EXTRA_CA_CERTS: authority.file })).told).toEqual(greeted)
  })

  it('is named where it is not trusted, and gets no request', async () => {
    const { told, requests } = await dial({})
    expect(told).toEqual({
      code: 'net.tls_untrusted',
      message:
        'The certificate of localhost is from “Acme Inspection”, which this machine does not trust.',
    })
    expect(requests).toEqual([])
  })

  it('cannot be waved through with the switch that Node has for that', async () => {
    const { told, requests } = await dial({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })
    expect(told.code).toBe('net.tls_untrusted')
    expect(requests).toEqual([])
  })
})

describe('a certificate of a trusted authority', () => {
  it('is refused for another host', async () => {
    const { told, requests } = await dial(
      { SSL_CERT_FILE: authority.file },
      { host: 'other.example' },
    )
    expect(told).toEqual({
      code: 'net.tls_wrong_host',
      message: 'The certificate that answered for localhost is for another host.',
    })
    expect(requests).toEqual([])
  })

  it('is refused when it is over', async () => {
    const { told, requests } = await dial({ SSL_CERT_FILE: authority.file }, { days: -1 })
    expect(told).toEqual({
      code: 'net.tls_expired',
      message: 'The certificate of localhost is expired.',
    })
    expect(requests).toEqual([])
  })
})
