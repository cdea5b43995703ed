import { z } from 'zod'

/** Names that appear in paths, sockets, command lines and tool prefixes. */
export const nameSchema = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, {
  error:
    'a name is 1 to 32 lower-case letters, digits and hyphens, and starts and ends with none of the latter',
})

export const singleLine = z
  .string()
  .max(8192)
  .regex(/^[^\r\n\0]*$/, { error: 'no line breaks or NUL' })

/** A parser drops line breaks and the like from a URL; a person who is asked about it must not be shown them. */
export const urlSchema = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .regex(/^[^\s\p{C}]*$/u, { error: 'no blanks, control or invisible characters' })

/** `secret:NAME`; the value itself has no place in `config.json`. */
export const secretReference = z
  .string()
  .refine((value) => parseReference(value)?.kind === 'secret', {
    error: 'write secret:NAME, never the value',
  })

/** `secret:NAME` and `grant:SERVER` as data; anything else is a plain value. */
export type Reference =
  | { readonly kind: 'secret'; readonly name: string }
  | { readonly kind: 'grant'; readonly server: string }

/** @returns the reference that a configured value stands for, or null where it is a plain value */
export function parseReference(value: string): Reference | null {
  if (value.startsWith('secret:') && nameSchema.safeParse(value.slice(7)).success)
    return { kind: 'secret', name: value.slice(7) }
  if (value.startsWith('grant:') && nameSchema.safeParse(value.slice(6)).success)
    return { kind: 'grant', server: value.slice(6) }
  return null
}

/** A plain value, or a reference to where the value comes from. */
export const injectable = singleLine.refine(
  (value) => !/^(?:secret|grant):/.test(value) || parseReference(value) !== null,
  { error: 'write secret:NAME or grant:SERVER with a valid name' },
)

export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'not an environment variable name' })

export const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'not an HTTP field name' })

export const parameterName = z
  .string()
  .regex(/^[A-Za-z0-9_.~-]{1,128}$/, { error: 'not a plain name of a URL parameter' })
