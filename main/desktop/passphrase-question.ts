import { z } from 'zod'
import type { VaultBridge } from '../../preload/contract/vault-bridge.ts'
import type { PassphraseAnswer } from './vault-choice.ts'

/** Characters of a new passphrase: whoever has the file may guess for as long as they like. */
const SHORTEST = 10

const answerSchema = z.union([
  z.strictObject({ passphrase: z.string().min(1).max(1024) }),
  z.strictObject({ instead: z.literal(true) }),
])

type Question = Awaited<ReturnType<VaultBridge['question']>>

/** What the window for the passphrase asks. It may be closed at any moment, also while its answer is tried. */
export interface PassphraseQuestion {
  /** What its page shows. */
  shown(): Question
  /** @returns why the page asks again, when that is known */
  answer(input: unknown): Promise<string>
  /** @param wrong the answer before did not open the vault */
  ask(purpose: Question['purpose'], wrong: boolean): Promise<PassphraseAnswer>
  /** Nobody is asked any more. */
  close(): void
  /** The window has gone. */
  closed(): void
}

/** @param open opens the window */
export function createPassphraseQuestion(open: () => void): PassphraseQuestion {
  let question: Question = { purpose: 'open', shortest: SHORTEST, problem: '' }
  let isOpen = false
  let asked: ((answer: PassphraseAnswer) => void) | null = null
  /** Tells the page why it has to ask again. */
  let refuse: ((why: string) => void) | null = null

  return {
    shown: () => question,
    async answer(input) {
      const given = answerSchema.safeParse(input)
      if (!given.success || asked === null) return 'That cannot be a passphrase.'
      if ('passphrase' in given.data && isTooShort(given.data.passphrase, question))
        return `Take at least ${SHORTEST} characters.`
      const { promise, resolve } = Promise.withResolvers<string>()
      refuse = resolve
      asked('instead' in given.data ? 'instead' : given.data)
      asked = null
      return promise
    },
    ask(purpose, wrong) {
      const { promise, resolve } = Promise.withResolvers<PassphraseAnswer>()
      const problem = wrong ? 'This passphrase does not open the vault.' : ''
      question = { purpose, shortest: SHORTEST, problem }
      asked = resolve
      if (isOpen) refuse?.(problem)
      else open()
      isOpen = true
      return promise
    },
    close() {
      asked = null
    },
    closed() {
      isOpen = false
      refuse = null
      asked?.('quit')
      asked = null
    },
  }
}

const isTooShort = (passphrase: string, { purpose, shortest }: Question) =>
  purpose === 'create' && [...passphrase].length < shortest
