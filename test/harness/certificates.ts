import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

const openssl = (...args: string[]) => promisify(execFile)('openssl', args)
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** A certificate authority that nobody on this machine trusts unless told so. */
export interface Authority {
  readonly name: string
  /** Its certificate in PEM: what a trust store would hold. */
  readonly file: string
  /** @param days from now; negative for a certificate that is over */
  issue(host: string, days?: number): Promise<{ readonly key: string; readonly cert: string }>
}

/** Made by openssl in `folder`, with a name of its own. */
export async function createAuthority(folder: string, name: string): Promise<Authority> {
  const at = (file: string) => path.join(folder, file)
  const [key, file] = [at('authority.key'), at('authority.pem')]
  const self = ['-keyout', key, '-out', file, '-subj', `/CN=${name}`, '-days', '2']
  await openssl('req', '-x509', ...newKey, ...self)
  let issued = 0
  return {
    name,
    file,
    async issue(host, days = 2) {
      const base = at(`issued-${issued++}`)
      await openssl(
        'req',
        ...newKey,
        '-keyout',
        `${base}.key`,
        '-out',
        `${base}.csr`,
        '-subj',
        '/CN=x',
      )
      await writeFile(`${base}.ext`, `subjectAltName=DNS:${host}`)
      const by = ['-CA', file, '-CAkey', key, '-CAcreateserial', '-days', String(days)]
      const made = ['-extfile', `${base}.ext`, '-out', `${base}.pem`]
      await openssl('x509', '-req', '-in', `${base}.csr`, ...by, ...made)
      const [privateKey, cert] = await Promise.all(
        [`${base}.key`, `${base}.pem`].map((one) => readFile(one, 'utf8')),
      )
      return { key: privateKey ?? '', cert: cert ?? '' }
    },
  }
}
