/**
 * Runs the import rules over the product and proves that they saw it: a cruiser that resolves nothing also finds
 * nothing, so the number of modules it read has to be the number of files there are, and a planted violation has to be
 * reported.
 */
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { ICruiseResult } from 'dependency-cruiser'
import { forbidden, options } from './import-rules.ts'

// The cruiser has its parser read every file as plain TypeScript, which the page's JSX is not. The option depends on the
// file, and the cruiser has no place for it, so it is set where the parser is called, before the cruiser loads it.
const swc: typeof import('@swc/core') = createRequire(import.meta.url)('@swc/core')
const parse = swc.parseFileSync
swc.parseFileSync = ((file: string, how: object) =>
  parse(file, { ...how, syntax: 'typescript', tsx: file.endsWith('.tsx') })) as typeof parse
const { cruise } = await import('dependency-cruiser')

const rooms = ['main', 'preload', 'renderer']

async function lint(paths: string[]): Promise<ICruiseResult> {
  const { output } = await cruise(paths, {
    ...options,
    ruleSet: { forbidden },
    validate: true,
  } as never)
  return output as ICruiseResult
}

const files = globSync(rooms.map((room) => `${room}/**/*.{ts,tsx}`)).filter(
  (file) => !file.endsWith('.d.ts'),
)
const result = await lint(rooms)
const seen = new Set(result.modules.map((module) => path.normalize(module.source)))
const unseen = files.filter((file) => !seen.has(path.normalize(file)))
const broken = result.summary.violations.filter((violation) => violation.rule.severity === 'error')

// The planted violation: the lowest room reaches for the highest one, for a package that is not its own, and for one that
// is not shipped.
const wanted = [
  'no-upward-import-from-net-store',
  'one-room-for-keytar',
  'product-needs-no-development-package',
]
const planted = mkdtempSync(path.join('main', 'store', 'planted-'))
let caught: string[]
try {
  writeFileSync(
    path.join(planted, 'violation.ts'),
    "import '../../companion.ts'\nimport 'keytar'\nimport 'playwright'\n",
  )
  const outcome = await lint(rooms)
  caught = outcome.summary.violations
    .filter((v) => v.from.includes('planted-'))
    .map((v) => v.rule.name)
} finally {
  rmSync(planted, { recursive: true })
}

for (const violation of broken)
  console.error(`${violation.rule.name}: ${violation.from} -> ${violation.to}`)
for (const file of unseen) console.error(`not seen by the import rules: ${file}`)
const missed = wanted.filter((rule) => !caught.includes(rule))
for (const rule of missed) console.error(`the planted violation was not reported: ${rule}`)
console.log(
  `import rules: ${files.length - unseen.length} of ${files.length} modules, ${broken.length} violations`,
)
process.exitCode = broken.length + unseen.length + missed.length > 0 ? 1 : 0
