import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, errorCodes } from '../main/error-codes.ts'
import { doctorDocument, doctorPage, errorsDocument, errorsPage } from '../scripts/errors-doc.ts'

const codes = Object.keys(errorCodes) as ErrorCode[]

describe('error codes', () => {
  it('and findings of the doctor are all on docs/doctor.md as they are in its table', () => {
    expect(readFileSync(doctorPage, 'utf8')).toBe(doctorDocument())
  })

  it('are all on docs/errors.md as they are in the table (else run `node scripts/errors-doc.ts`)', () => {
    expect(readFileSync(errorsPage, 'utf8')).toBe(errorsDocument())
  })

  it('are all used somewhere', () => {
    const main = path.join(import.meta.dirname, '..', 'main')
    const sources = globSync('**/*.ts', { cwd: main })
      .filter((file) => file !== 'error-codes.ts')
      .map((file) => readFileSync(path.join(main, file), 'utf8'))
      .join('\n')
    expect(sources.length).toBeGreaterThan(0)
    expect(codes.filter((code) => !sources.includes(`'${code}'`))).toEqual([])
  })

  it.each(codes)('%s has the form of a code and two sentences', (code) => {
    const { meaning, mend } = errorCodes[code]
    expect(code).toMatch(/^[a-z]+\.[a-z_]+$/)
    expect(meaning).toMatch(/^[A-Za-z].*[.)]$/s)
    expect(mend).toMatch(/^[A-Za-z].*[.)]$/s)
  })
})
