import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createLauncher, type Launcher } from '../../main/wiring/launcher.ts'
import type { Where } from '../../main/wiring/types.ts'
import { openWiring, type Wiring } from '../../main/wiring/wiring.ts'

/** A user of a system, as far as wiring can tell: the paths and commands of another one, on the disk of this one. */
export function wiringFor(
  user: string,
  platform: Where['platform'],
  options: { readonly launcher?: Launcher; readonly env?: Where['env'] } = {},
): Wiring {
  const home = path.join(user, 'warder-home')
  return openWiring({
    home,
    where: { home: user, env: options.env ?? {}, platform, folder: path.join(user, 'project') },
    clock: () => Date.parse('2026-11-21T12:00:00Z'),
    launcher:
      options.launcher ??
      createLauncher(home, ['/usr/bin/node', '/opt/warder/warder.cjs'], platform),
  })
}

export async function write(file: string, content: string | Buffer): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, content)
  return file
}
