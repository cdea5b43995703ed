/** Names for `{argument:NAME}`, one for each secret: `--api-key` and `--api_key` are two. */
export function placeholders() {
  const values: Record<string, string> = {}
  return {
    /** What each of them stands for. */
    values,
    /** @returns what is written into the arguments */
    place(slot: string, reference: string): string {
      const name = slot
        .toUpperCase()
        .replaceAll(/\W+/g, '_')
        .replace(/^(?=\d)/, '_')
      for (let number = 1; ; number++) {
        const one = number === 1 ? name : `${name}_${number}`
        if (Object.hasOwn(values, one) && values[one] !== reference) continue
        values[one] = reference
        return `{argument:${one}}`
      }
    },
  }
}
