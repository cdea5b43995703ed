import { describe, expect, it, vi } from 'vitest'
import { createPassphraseQuestion } from '../../main/desktop/passphrase-question.ts'

const WRONG = 'This passphrase does not open the vault.'

describe('the question for the passphrase', () => {
  it('says in the window that stays open that the answer was wrong', async () => {
    const open = vi.fn()
    const question = createPassphraseQuestion(open)
    const first = question.ask('open', false)
    const refused = question.answer({ passphrase: 'wrong' })
    expect(await first).toEqual({ passphrase: 'wrong' })
    const second = question.ask('open', true)
    expect(await refused).toBe(WRONG)
    void question.answer({ instead: true })
    expect(await second).toBe('instead')
    expect(open).toHaveBeenCalledOnce()
  })

  it('says so in another window where the first was closed while its answer was tried', async () => {
    const open = vi.fn()
    const question = createPassphraseQuestion(open)
    const first = question.ask('open', false)
    expect(question.shown().problem).toBe('')
    void question.answer({ passphrase: 'wrong' })
    question.closed()
    expect(await first).toEqual({ passphrase: 'wrong' })
    const second = question.ask('open', true)
    expect(open).toHaveBeenCalledTimes(2)
    expect(question.shown()).toMatchObject({ purpose: 'open', problem: WRONG })
    question.closed()
    expect(await second).toBe('quit')
  })

  it('takes one answer to each question, and none that cannot be one', async () => {
    const question = createPassphraseQuestion(() => {})
    const asked = question.ask('create', false)
    expect(await question.answer({ passphrase: 'short' })).toBe('Take at least 10 characters.')
    for (const input of [{}, { passphrase: '' }, { passphrase: 1 }, null])
      expect(await question.answer(input)).toBe('That cannot be a passphrase.')
    void question.answer({ passphrase: 'correct horse battery' })
    expect(await question.answer({ instead: true })).toBe('That cannot be a passphrase.')
    expect(await asked).toEqual({ passphrase: 'correct horse battery' })
  })
})
