import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { spawnReady } from '../processes.ts'

export const glewlwydProgram = '/usr/bin/glewlwyd'

const shipped = {
  schema: '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3',
  webapp: '/usr/share/glewlwyd/webapp',
  webappConfig: '/etc/glewlwyd/config-2.7.json/config.json',
}

export interface Glewlwyd {
  /** Where the program itself listens; the world reaches it through the journal. */
  readonly origin: string
  readonly keys: { readonly privateKey: string; readonly publicKey: string }
}

/** Starts a fresh one on loopback with all that it writes in a folder of its own, which goes when this process does. */
export async function installGlewlwyd(externalUrl: string): Promise<Glewlwyd> {
  const folder = mkdtempSync(path.join(tmpdir(), 'glewlwyd-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  writeDatabase(path.join(folder, 'db'))
  writePages(path.join(folder, 'webapp'))
  const port = await freePort()
  const file = path.join(folder, 'glewlwyd.conf')
  writeFileSync(file, configuration(folder, port, externalUrl))
  const { child } = await spawnReady({
    command: glewlwydProgram,
    args: [`--config-file=${file}`],
    announced: (line) => line.includes('Glewlwyd started on port') || undefined,
  })
  // It says so before it listens.
  while (!(await isListening(port)))
    if (child.exitCode !== null) throw new Error(`glewlwyd ended with ${child.exitCode}.`)
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  return { origin: `http://127.0.0.1:${port}`, keys: { privateKey, publicKey } }
}

function writeDatabase(file: string): void {
  const database = new DatabaseSync(file)
  database.exec(readFileSync(shipped.schema, 'utf8'))
  database.close()
}

/** Its file server does not follow the links that Debian put there; the locale that browsers name first is missing. */
function writePages(folder: string): void {
  // Not cpSync: it follows the first link only.
  execFileSync('cp', ['-rL', shipped.webapp, folder])
  cpSync(path.join(folder, 'locales/en'), path.join(folder, 'locales/en-US'), { recursive: true })
  rmSync(path.join(folder, 'config.json'), { recursive: true, force: true })
  cpSync(shipped.webappConfig, path.join(folder, 'config.json'))
}

function isListening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(port, '127.0.0.1', () => {
    socket.destroy()
    resolve(true)
  })
  socket.once('error', () => resolve(false))
  return promise
}

/** It cannot be told to take any port and say which. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((listening) => probe.once('listening', listening))
  const { port } = probe.address() as AddressInfo
  await new Promise((closed) => probe.close(closed))
  return port
}

function configuration(folder: string, port: number, externalUrl: string): string {
  const mimeTypes = Object.entries({
    '.html': 'text/html',
    '.css': 'text/css',
    '.js': 'application/javascript',
    '.json': 'application/json',
    '.png': 'image/png',
    '.woff2': 'font/woff2',
    '.ico': 'image/x-icon',
  }).map(([extension, type]) => `{ extension = "${extension}" mime_type = "${type}" }`)
  return `
port=${port}
bind_address="127.0.0.1"
external_url="${externalUrl}"
login_url="login.html"
api_prefix="api"
static_files_path="${folder}/webapp/"
static_files_mime_types = ( ${mimeTypes.join(', ')} )
log_mode="console"
log_level="INFO"
cookie_secure=0
session_expiration=2419200
session_key="GLEWLWYD2_SESSION_ID"
admin_session_authentication="cookie"
profile_session_authentication="cookie"
login_api_enabled=true
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
use_secure_connection=false
secure_connection_key_file="${folder}/none"
secure_connection_pem_file="${folder}/none"
hash_algorithm="SHA512"
database = { type = "sqlite3" path = "${folder}/db" };
`
}
