import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createControlClient } from '../../../main/cli/control-client.ts'
import type { Config } from '../../../main/store/config-schema.ts'

/** Edits `config.json` as a person does, in an editor, and resolves when the companion has seen it. */
export async function editConfig(home: string, edit: (config: Config) => void): Promise<void> {
  const file = path.join(home, 'config.json')
  const config = JSON.parse(await readFile(file, 'utf8'))
  edit(config)
  await saveConfig(home, JSON.stringify(config, null, 2))
}

/** The same with the bytes of the whole file. */
export async function saveConfig(home: string, text: string): Promise<void> {
  const signs = await createControlClient(home).listen('state:changed')
  await writeFile(path.join(home, 'config.json'), text)
  await signs.next()
}
