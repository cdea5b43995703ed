import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ownFindings } from '../../../main/wiring/doctor/files.ts'

describe.skipIf(process.platform === 'win32')('what Warder keeps itself', () => {
  let home: string
  beforeEach(() => {
    home = path.join(mkdtempSync(path.join(tmpdir(), 'warder-doctor-')), 'home')
    mkdirSync(home, { mode: 0o700 })
    writeFileSync(path.join(home, 'config.json'), '{}', { mode: 0o600 })
  })
  afterEach(() => rmSync(path.dirname(home), { recursive: true }))

  it('is no finding while it is the user’s alone, behind a link too', () => {
    expect(ownFindings(home)).toEqual([])
    const kept = path.join(path.dirname(home), 'kept.json')
    renameSync(path.join(home, 'config.json'), kept)
    symlinkSync(kept, path.join(home, 'config.json'))
    expect(ownFindings(home)).toEqual([])
  })

  it.each([
    ['the home', '.', 0o755, 'doctor.readable_by_others', 0o700],
    ['a file in it', 'config.json', 0o644, 'doctor.readable_by_others', 0o600],
    ['a home that others write to', '.', 0o777, 'doctor.writable_by_others', 0o755],
  ])(
    'is one where others get to %s, and the mend leaves it usable',
    (_, name, mode, code, left) => {
      const file = path.resolve(home, name)
      chmodSync(file, mode)
      const findings = ownFindings(home)
      expect(findings).toMatchObject([{ code, file }])
      const [, how = ''] = /`chmod (\S+) FILE`/.exec(findings[0]?.mend ?? '') ?? []
      execFileSync('chmod', [how, file])
      expect(statSync(file).mode & 0o777).toBe(left)
    },
  )
})
