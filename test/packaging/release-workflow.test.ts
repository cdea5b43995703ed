import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import manifest from '../../package.json' with { type: 'json' }

const stepSchema = z.strictObject({
  name: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  if: z.string().optional(),
  shell: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  env: z.record(z.string(), z.string()).optional(),
})
const jobSchema = z.strictObject({
  'runs-on': z.string(),
  'timeout-minutes': z.number().max(60),
  permissions: z.record(z.string(), z.enum(['read', 'write'])),
  needs: z.string().optional(),
  environment: z.string().optional(),
  strategy: z
    .object({ matrix: z.object({ include: z.array(z.record(z.string(), z.string())) }) })
    .optional(),
  steps: z.array(stepSchema),
})
const workflowSchema = z.strictObject({
  name: z.string(),
  on: z.strictObject({ push: z.strictObject({ tags: z.array(z.string()) }) }),
  permissions: z.strictObject({}),
  concurrency: z.object({ 'cancel-in-progress': z.literal(false) }),
  jobs: z.record(z.string(), jobSchema),
})

const file = path.join(import.meta.dirname, '../../.github/workflows/release.yml')
const text = readFileSync(file, 'utf8')
const { jobs } = workflowSchema.parse(parse(text))
const steps = Object.values(jobs).flatMap((job) => job.steps)

const builder = z
  .looseObject({
    artifactName: z.string(),
    mac: z.object({ target: z.array(z.string()) }),
    win: z.object({ target: z.array(z.string()) }),
    linux: z.object({ target: z.array(z.string()) }),
  })
  .parse(parse(readFileSync(path.join(import.meta.dirname, '../../electron-builder.yml'), 'utf8')))

describe('the release workflow', () => {
  it('builds on each machine for its own processor, under names that no other one uses', () => {
    // A target with processors of its own would be built for those, whatever the machine is told.
    expect([builder.mac.target, builder.win.target, builder.linux.target]).toEqual([
      ['dmg', 'zip'],
      ['nsis'],
      ['AppImage', 'deb', 'rpm'],
    ])
    for (const part of ['os', 'arch', 'ext']) expect(builder.artifactName).toContain(`{${part}}`)
    const uploaded = String(steps.find(({ uses }) => uses?.includes('upload-artifact'))?.with?.path)
    expect(uploaded.trim().split('\n')).toEqual([
      ...['dmg', 'zip', 'exe', 'AppImage', 'deb', 'rpm'].map((kind) => `release/*.${kind}`),
      'release/*.cdx.json',
    ])
  })

  it('gives each job what it needs, and writing to the repository to the one that runs no code of it', () => {
    expect(
      Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, job.permissions])),
    ).toEqual({
      ready: { contents: 'read' },
      build: { contents: 'read', 'id-token': 'write', attestations: 'write' },
      draft: { contents: 'write' },
    })
    const draft = jobs.draft?.steps ?? []
    expect(draft.some(({ uses }) => uses?.startsWith('actions/checkout'))).toBe(false)
    expect(draft.flatMap(({ run }) => run ?? [])).toEqual([
      expect.stringMatching(/^gh release create "\$TAG" --draft /),
    ])
  })

  it('uses actions by the whole hash of a commit, with the version that it is', () => {
    const uses = [...text.matchAll(/uses: (.*)$/gm)].map(([, action = '']) => action)
    expect(uses).toHaveLength(steps.filter((step) => step.uses !== undefined).length)
    for (const action of uses)
      expect(action).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })

  it('runs on the Node that npm scripts run on elsewhere, on every machine', () => {
    const nodes = steps.filter(({ uses }) => uses?.startsWith('actions/setup-node'))
    expect(nodes).toHaveLength(2)
    for (const { with: given } of nodes)
      expect(given).toEqual({ 'node-version': manifest.optionalDependencies.node })
  })

  it('leaves no token in the checkout', () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout'))
    expect(checkouts).toHaveLength(2)
    for (const step of checkouts) expect(step.with).toEqual({ 'persist-credentials': false })
  })

  it('puts nothing that somebody else may name into a script', () => {
    for (const { run = '' } of steps)
      for (const [, expression] of run.matchAll(/\$\{\{(.*?)\}\}/g))
        expect(expression).toMatch(/^ matrix\./)
  })

  it('hands secrets to the steps that sign, in an environment that a person opens', () => {
    const holders = steps.filter((step) => JSON.stringify(step).includes('secrets.'))
    expect(holders.map(({ name }) => name)).toEqual([
      'Put the notarisation key where the builder reads it',
      'Package and sign',
    ])
    for (const holder of holders) expect(holder.run).not.toContain('secrets.')
    expect(
      Object.entries(jobs).filter(([, job]) => JSON.stringify(job).includes('secrets.')),
    ).toEqual([['build', expect.objectContaining({ environment: 'release' })]])
  })

  it('builds for each system on the system itself, signs or fails, attests before it hands over, and runs what it signed', () => {
    const matrix = jobs.build?.strategy?.matrix.include ?? []
    expect(matrix.map(({ system, arch }) => `${system}-${arch}`).toSorted()).toEqual([
      'linux-arm64',
      'linux-x64',
      'mac-arm64',
      'mac-x64',
      'win-arm64',
      'win-x64',
    ])
    const order = (jobs.build?.steps ?? []).map(
      (step) => step.uses?.split('@')[0] ?? step.name ?? step.run,
    )
    expect(order.slice(2)).toEqual([
      'npm ci --ignore-scripts',
      'Leave the Node above as the only one',
      'npm run build',
      'node scripts/package-client.ts',
      'Put the notarisation key where the builder reads it',
      'Package and sign',
      'Run what was signed',
      'List what is in it',
      'actions/attest-build-provenance',
      'actions/attest-sbom',
      'actions/upload-artifact',
    ])
    expect(steps.find(({ name }) => name === 'Package and sign')?.run).toContain(
      "matrix.system != 'linux' && '-c.forceCodeSigning=true'",
    )
  })
})
