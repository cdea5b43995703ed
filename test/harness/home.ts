import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

export interface TestHome extends AsyncDisposable {
  /** Absolute, without symbolic links, mode 0700. */
  readonly path: string
}

/** An empty home directory, removed with all it holds. The name is short: socket paths end at 107 bytes. */
export async function testHome(): Promise<TestHome> {
  const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'wh-')))
  return {
    path: directory,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}
