import { WarderError } from '../errors.ts'
import { nameSchema } from '../store/config-schema.ts'

/** Of what a person names: servers, clients, secrets. @throws WarderError `usage.invalid` */
export function requireName(name: string): void {
  if (nameSchema.safeParse(name).success) return
  throw new WarderError(
    'usage.invalid',
    'A name is 1 to 32 lower-case letters, digits and hyphens.',
  )
}
