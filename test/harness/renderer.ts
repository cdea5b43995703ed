import path from 'node:path'
import { createBuilder } from 'vite'

const root = path.join(import.meta.dirname, '..', '..')

/** Builds the page alone, as `npm run build` does it, into a folder of the caller's. */
export async function buildRenderer(outDir: string): Promise<void> {
  const builder = await createBuilder({
    root: path.join(root, 'renderer'),
    configFile: path.join(root, 'vite.config.ts'),
    logLevel: 'error',
    environments: { client: { build: { outDir } } },
  })
  const { client } = builder.environments
  if (client === undefined) throw new Error('vite.config.ts has no client environment')
  await builder.build(client)
}
