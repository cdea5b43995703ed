import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { WarderError } from '../errors.ts'
import type { Dialer } from '../net/dialer.ts'
import { fetchDocument, followed } from '../net/document.ts'
import { readBytesLimited } from '../net/limits.ts'
import { replaceFile } from '../store/files.ts'

/**
 * The MCP Registry (API v0.1, which is frozen). It proves who may use a name, not what a server does: what comes from it is
 * read like a stranger's file.
 */
export interface Registry {
  /** @param version the latest by default @throws WarderError `registry.unknown`, `net.*` */
  read(name: string, version?: string): Promise<unknown>
  /**
   * @param sha256 in hexadecimal, of the entry (`fileSha256`: clients MUST verify it)
   * @returns the absolute path of a file that has it
   * @throws WarderError `registry.bundle_changed`, `net.*`, `store.unwritable`
   */
  bundle(url: string, sha256: string): Promise<string>
}

const BASE = 'https://registry.modelcontextprotocol.io'

/** Bytes, redirects, milliseconds. */
const BUNDLE = { maxBytes: 128 * 1024 * 1024, maxHops: 4, timeoutMs: 300_000 }

/** @param folder absolute; where bundles are put */
export function createRegistry(options: {
  readonly fetch: Dialer['fetch']
  readonly folder: string
  readonly base?: string
}): Registry {
  const { folder, base = BASE } = options
  // A bundle may lie anywhere in the public net, and nowhere else.
  const policy = { serverUrl: base }
  const fetch = options.fetch(policy)
  return {
    async read(name, version = 'latest') {
      // A lone surrogate has no encoding, so nothing can have it as its name.
      if (name.isWellFormed() && version.isWellFormed()) {
        const url = `${base}/v0.1/servers/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`
        const { json } = await fetchDocument(fetch, url, 'registry_document', policy)
        if (json !== undefined) return json
      }
      throw new WarderError(
        'registry.unknown',
        `The MCP Registry has no ${name} of version ${version}.`,
      )
    },
    async bundle(url, sha256) {
      const { response } = await followed(fetch, url, 'registry_document', policy, {
        accept: '*/*',
        ...BUNDLE,
      })
      if (!response.ok) {
        await response.body?.cancel()
        throw new WarderError(
          'net.unreachable',
          `The bundle is not there: the answer was ${response.status}.`,
        )
      }
      const bytes = await readBytesLimited(response, BUNDLE.maxBytes)
      const digest = createHash('sha256').update(bytes).digest('hex')
      if (digest !== sha256.toLowerCase())
        throw new WarderError(
          'registry.bundle_changed',
          'The bundle is not the one that the MCP Registry names. Nothing was kept.',
        )
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const file = path.join(folder, `${digest}.mcpb`)
      replaceFile(file, bytes)
      return file
    },
  }
}
