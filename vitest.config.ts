import { configDefaults, defineConfig } from 'vitest/config'

const long = process.env.WARDER_TEST_TIER === 'long'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Full counts, soak and mutation take longer than a person waits: npm run test:long.
    exclude: [...configDefaults.exclude, ...(long ? [] : ['test/**/*.long.test.ts'])],
    // Real keyrings, browsers and identity providers take seconds to start on a busy machine; a hang is still an error.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: more workers only make every real process slower.
    maxWorkers: 2,
  },
})
