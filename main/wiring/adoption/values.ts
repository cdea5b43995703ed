import { WarderError } from '../../errors.ts'

/** Something that a definition leaves to whoever sets the server up, and that is no secret. */
export interface Field {
  readonly name: string
  readonly title: string | null
  readonly required: boolean
  readonly fallback: string | null
}

/** Values that a person gave by name; what is missing is told at once, all of it. */
export interface Values {
  /** @returns null where nothing was given and nothing is needed */
  get(field: Field): string | null
  /** @throws WarderError `usage.invalid` naming what is missing, or was given for nothing */
  check(): void
}

export function givenValues(given: Readonly<Record<string, string>>): Values {
  const missing = new Map<string, string | null>()
  const used = new Set<string>()
  return {
    get({ name, title, required, fallback }) {
      used.add(name)
      const value = Object.hasOwn(given, name) ? given[name] : undefined
      if (value !== undefined || fallback !== null) return value ?? fallback
      if (required) missing.set(name, title)
      return null
    },
    check() {
      const stray = Object.keys(given).find((name) => !used.has(name))
      if (stray !== undefined)
        throw new WarderError('usage.invalid', `Nothing in it is called ${stray}.`)
      if (missing.size === 0) return
      const list = [...missing].map(([name, title]) => `${name}${title ? ` (${title})` : ''}`)
      throw new WarderError(
        'usage.invalid',
        `It needs more: give --value NAME=VALUE for ${list.join(', ')}.`,
      )
    },
  }
}
