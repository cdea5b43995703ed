import path from 'node:path'
import { createBuilder } from 'vite'

const root = path.join(import.meta.dirname, '..', '..')

/**
 * Builds the page alone into a folder of the caller's. React looks at `NODE_ENV`: under a test it complains of what is
 * wrong with the page, and what people get is smaller.
 */
export async function buildRenderer(
  outDir: string,
  environment = process.env.NODE_ENV,
): Promise<void> {
  const before = process.env.NODE_ENV
  if (environment !== undefined) process.env.NODE_ENV = environment
  try {
    await build(outDir)
  } finally {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  }
}

async function build(outDir: string): Promise<void> {
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
