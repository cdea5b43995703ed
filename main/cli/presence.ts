import { z } from 'zod'
import { ContractError } from '../../preload/contract/index.ts'
import { WarderError } from '../errors.ts'
import type { Output } from './output.ts'
import { askYesNo, openTerminal } from './prompt.ts'

const challengeSchema = z.object({
  challenge: z.string(),
  title: z.string(),
  lines: z.array(z.string()),
})

/**
 * Makes a call that may widen trust. Where the companion wants a person's word, all that would be allowed is shown on
 * standard error, and the call is repeated with the challenge once the person, or `--yes`, has agreed. Only once: a
 * companion that asks again gets no second answer.
 *
 * @throws ContractError `presence.required` where nobody can be asked; WarderError `presence.refused`
 */
export async function withPresence<T>(
  options: { readonly output: Output; readonly yes: boolean },
  call: (confirm: { confirm?: string }) => Promise<T>,
): Promise<T> {
  try {
    return await call({})
  } catch (error) {
    const wanted = challengeOf(error)
    if (wanted === null) throw error
    options.output.note(
      [{ text: wanted.title, style: 'bold' }],
      ...wanted.lines.map((line) => `  ${line}`),
    )
    if (!options.yes && !(await personAgrees(error))) throw refused()
    return call({ confirm: wanted.challenge })
  }
}

function challengeOf(error: unknown): z.infer<typeof challengeSchema> | null {
  if (!(error instanceof ContractError) || error.code !== 'presence.required') return null
  return challengeSchema.safeParse(error.details).data ?? null
}

async function personAgrees(error: unknown): Promise<boolean> {
  const terminal = openTerminal()
  if (terminal === null) throw error
  try {
    return await askYesNo(terminal, 'Allow this?')
  } finally {
    terminal.close()
  }
}

const refused = () => new WarderError('presence.refused', 'Not allowed; nothing was changed.')
