import { defineConfig } from 'vitest/config'

/** The tests that decide what the mutated files do: quick ones, without processes of their own. */
export default defineConfig({
  test: {
    include: [
      'test/net/url-policy.test.ts',
      'test/net/url-verdicts.test.ts',
      'test/oauth/callback.test.ts',
      'test/oauth/callback-corpus.test.ts',
    ],
    testTimeout: 60_000,
  },
})
