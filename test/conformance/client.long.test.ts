import { describe, expect, it } from 'vitest'
import { clientSuites, runSuite } from './client.ts'
import { isScored, shortcomings } from './report.ts'

describe.each(clientSuites)(
  '$name $revision of the official suite, at the shipped Warder',
  (suite) => {
    it('has nothing to say about any required scenario', { timeout: 600_000 }, async () => {
      const results = (await runSuite(suite)).filter(isScored)
      expect(results.length).toBeGreaterThan(0)
      expect(results.filter(({ checks }) => checks.length === 0)).toEqual([])
      expect(results.flatMap(shortcomings)).toEqual([])
    })
  },
)
