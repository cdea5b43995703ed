export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What stands at a path of member names; undefined where nothing does. What an object inherits is not there. */
export function valueAt(content: unknown, at: readonly string[]): unknown {
  return at.reduce<unknown>(
    (inner, name) => (isObject(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined),
    content,
  )
}
