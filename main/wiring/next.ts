import type { Scope, WiringClient } from './types.ts'

/**
 * What a person does so that a change of a client's file takes effect, in sentences.
 *
 * @param running null, and false too, leave open whether it runs: not every process has the name that we know
 */
export function nextSteps(
  { title, reload, first }: WiringClient,
  { action, scope }: { readonly action: 'wire' | 'unwire'; readonly scope: Scope },
  running: boolean | null,
): string {
  const now = running === true ? `${title} is running: ${reload}.` : `If ${title} runs, ${reload}.`
  const then = action === 'wire' ? first[scope] : null
  return then === null ? now : `${now} ${then}`
}
