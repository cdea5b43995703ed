import { isRemote, type ServerDefinition } from '../store/config-schema.ts'

/** The npm package that an approved server was installed from; null where it is of none. */
export function packageOf(
  definition: ServerDefinition,
): { readonly name: string; readonly version: string; readonly integrity: string } | null {
  const found = isRemote(definition) ? undefined : definition.pin?.package
  return found?.integrity === undefined ? null : { ...found, integrity: found.integrity }
}
