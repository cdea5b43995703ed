import { createRequire } from 'node:module'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import type { Browser } from 'playwright'
import { signIn } from './chromium.ts'
import type { IdentityProvider } from './identity-provider/types.ts'
import { bareEnvironment } from './processes.ts'

const proxy = path.join(
  path.dirname(createRequire(import.meta.url).resolve('mcp-remote/package.json')),
  'dist/proxy.js',
)

/**
 * Signs the real mcp-remote in at a server, as a person would, then ends it: what it leaves in `~/.mcp-auth` is its own
 * writing.
 *
 * @param home the home directory that it sees
 */
export async function signInWithMcpRemote(
  chromium: Browser,
  home: string,
  serverUrl: string,
  provider: IdentityProvider,
): Promise<void> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [proxy, serverUrl, '--allow-http', '--transport', 'http-only'],
    // Without a display, and with a browser that shows nothing: the link is on stderr as well.
    env: { ...bareEnvironment(), HOME: home, BROWSER: 'true' },
    stderr: 'pipe',
  })
  const client = new Client({ name: 'a client of mcp-remote', version: '1' })
  const profile = await chromium.newContext()
  try {
    const link = linkIn(transport.stderr as Readable)
    const connected = client.connect(transport)
    // Before the link only a failure can end this.
    const url = await Promise.race([link, connected.then(() => '')])
    await signIn(await profile.newPage(), url, provider)
    await connected
  } finally {
    await profile.close()
    await client.close()
  }
}

function linkIn(stderr: Readable): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  createInterface({ input: stderr }).on('line', (line) => {
    if (/^https?:\S+$/.test(line)) resolve(line)
  })
  return promise
}
