import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real keyrings, browsers and identity providers take seconds to start on a busy machine; a hang is still an error.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: more workers only make every real process slower.
    maxWorkers: 2,
  },
})
