import { defineConfig } from 'vitest/config'

/** The tests that decide what the mutated files do: quick ones, without processes of their own. */
export default defineConfig({
  test: {
    include: [
      'test/net/url-policy.test.ts',
      'test/net/addresses.test.ts',
      'test/net/hosts.test.ts',
      'test/net/networks.test.ts',
      'test/net/url-fields.test.ts',
      'test/net/url-verdicts.test.ts',
      'test/oauth/binding.test.ts',
      'test/oauth/browser.test.ts',
      'test/oauth/callback-answer.test.ts',
      'test/oauth/pasted-answer.test.ts',
      'test/oauth/redirect-uri.test.ts',
      'test/oauth/callback.test.ts',
      'test/oauth/callback-corpus.test.ts',
    ],
    testTimeout: 60_000,
  },
})
