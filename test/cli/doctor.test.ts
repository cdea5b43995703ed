import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { formsOf } from '../../main/audit/mask.ts'
import { testHome } from '../harness/home.ts'
import { plantHome } from '../harness/planted-home.ts'
import { warder } from './warder.ts'

describe('warder doctor', () => {
  it('needs no companion, exits with 1 where it found something, and shows no value', async () => {
    await using home = await testHome()
    const { where, warder: own, values } = await plantHome(home.path)
    const env = { HOME: where.home, WARDER_HOME: own, PATH: where.env.PATH ?? '' }
    const json = await warder(['doctor', '--json'], { env })
    expect(json.code).toBe(1)
    expect(json.stderr).toContain('nobody looked for values of its vault')
    const { findings, ...rest } = JSON.parse(json.stdout)
    expect(rest).toEqual({})
    // The project's files are those of the folder that it runs in, which is not the planted one here.
    expect(findings.length).toBeGreaterThan(55)
    expect(Object.keys(findings[0])).toEqual([
      ...['code', 'severity', 'client', 'file', 'server', 'where', 'message', 'mend'],
    ])
    const text = await warder(['doctor'], { env })
    expect(text.code).toBe(1)
    expect(text.stdout).toContain('GITHUB_PERSONAL_ACCESS_TOKEN')
    const all = json.stdout + text.stdout + text.stderr
    expect(values.flatMap(formsOf).filter((form) => all.includes(form))).toEqual([])
  })

  it('exits with 0 where nothing is wrong', async () => {
    await using home = await testHome()
    const own = path.join(home.path, 'warder')
    await mkdir(own, { mode: 0o700 })
    const env = { HOME: home.path, WARDER_HOME: own, PATH: '' }
    const { code, stdout } = await warder(['doctor'], { env })
    expect(stdout).toContain('Nothing is wrong.')
    expect(code).toBe(0)
    expect(JSON.parse((await warder(['doctor', '--json'], { env })).stdout)).toEqual({
      findings: [],
    })
  })
})
