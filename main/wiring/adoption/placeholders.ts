/** Names for `{argument:NAME}`, one for each place: `--api-key` and `--api_key` are two. */
export function placeholders() {
  const values: Record<string, string> = {}
  return {
    /** What each of them stands for. */
    values,
    nameFor(slot: string): string {
      const name = slot
        .toUpperCase()
        .replaceAll(/\W+/g, '_')
        .replace(/^(?=\d)/, '_')
      for (let number = 1; ; number++) {
        const one = number === 1 ? name : `${name}_${number}`
        if (!Object.hasOwn(values, one)) return one
      }
    },
  }
}
