import { z } from 'zod'

/**
 * What a local server's command came to when a person approved it. Kept with the approval, never in `config.json`: there
 * stands what a person writes, here what that means on this machine.
 */
export const pinSchema = z.strictObject({
  /** Absolute path of the program that is started. */
  program: z.string(),
  /** Of a program that is a script: what its first line has it run by. */
  interpreter: z.string().optional(),
  /** Scripts that the program is told to run, links resolved. */
  files: z.array(z.string()).optional(),
  /** The package that the server is part of; with its integrity where a registry gave it. */
  package: z
    .strictObject({ name: z.string(), version: z.string(), integrity: z.string().optional() })
    .optional(),
})

export type Pin = z.output<typeof pinSchema>

/** The pin as lines for the person who is asked about it. @param quote shows what would hide in a path */
export function pinLines(pin: Pin, quote: (text: string) => string): string[] {
  const { name, version, integrity } = pin.package ?? {}
  return [
    `which is the program ${quote(pin.program)}`,
    ...(pin.interpreter === undefined ? [] : [`run by ${quote(pin.interpreter)}`]),
    ...(pin.files ?? []).map((file) => `running ${quote(file)}`),
    ...(name === undefined
      ? []
      : [
          `of the package ${quote(name)}, version ${quote(version ?? '')}${
            integrity === undefined ? '' : `, ${integrity}`
          }`,
        ]),
  ]
}
