import { createRequire } from 'node:module'
import type { Configuration } from 'electron-builder'

interface ConfigModule {
  getConfig(root: string, file: string, overrides: null): Promise<Configuration>
  validateConfiguration(configuration: Configuration, log: unknown): Promise<void>
}

/**
 * Holds electron-builder.yml against the builder's own schema: unknown keys and wrong types are errors.
 * The builder offers this only from its inner modules, so its version is pinned.
 */
export async function checkConfiguration(root: string): Promise<void> {
  const require = createRequire(import.meta.resolve('electron-builder'))
  const {
    getConfig,
    validateConfiguration,
  }: ConfigModule = require('app-builder-lib/out/util/config/config.js')
  const { DebugLogger } = require('builder-util')
  const configuration = await getConfig(root, 'electron-builder.yml', null)
  await validateConfiguration(configuration, new DebugLogger(false))
}
