import { describe, expect, it } from 'vitest'
import { formsOf } from '../../../main/audit/mask.ts'
import { diagnose } from '../../../main/wiring/doctor/diagnose.ts'
import { testHome } from '../../harness/home.ts'
import { plantHome } from '../../harness/planted-home.ts'

describe('the doctor in a planted home', () => {
  it('finds all of sixty problems, none of thirty decoys, and nothing else', async () => {
    await using home = await testHome()
    const { where, warder, problems, decoys } = await plantHome(home.path)
    expect(problems).toHaveLength(60)
    expect(decoys).toHaveLength(30)
    const { findings } = await diagnose(where, { home: warder, ports: () => new Set() })
    const key = ({
      code,
      client,
      server,
    }: {
      code: string
      client: string | null
      server: string | null
    }) => [code, client, server].join(' ')
    expect(findings.map(key).sort()).toEqual(problems.map(key).sort())
    for (const { code, client, server, where: place } of problems) {
      const found = findings.find((one) => key(one) === key({ code, client, server }))
      if (place !== null) expect(found?.where).toContain(place)
      expect(found?.mend).not.toBe('')
    }
    const harmless = findings.filter(({ client, server }) =>
      decoys.some((one) => one.client === client && one.server === server),
    )
    expect(harmless).toEqual([])
  })

  it('says no planted value, in any encoding', async () => {
    await using home = await testHome()
    const { where, warder, values } = await plantHome(home.path)
    const { findings } = await diagnose(where, { home: warder })
    const text = JSON.stringify(findings)
    expect(values.length).toBeGreaterThan(40)
    expect(values.flatMap(formsOf).filter((form) => text.includes(form))).toEqual([])
  })

  it('looks once at a file that is the user’s and the project’s', async () => {
    await using home = await testHome()
    const { where, warder } = await plantHome(home.path)
    const at = async (folder: string) =>
      (await diagnose({ ...where, folder }, { home: warder, ports: () => new Set() })).findings
    const elsewhere = await at(warder)
    const inHome = await at(home.path)
    // Codes that are of the folder's own project would be more.
    expect(inHome.map(({ code }) => code).sort()).toEqual(elsewhere.map(({ code }) => code).sort())
  })
})
