import type { ShimCommand } from '../types.ts'

/** The form that most clients share. */
export const commandEntry = ({ command, args }: ShimCommand): Record<string, unknown> => ({
  command,
  args: [...args],
})

export const typedEntry = (shim: ShimCommand): Record<string, unknown> => ({
  type: 'stdio',
  ...commandEntry(shim),
})
