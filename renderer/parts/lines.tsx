import { whole } from './format.ts'

/** What would be allowed, every line whole: nothing here is ever cut short (SEP-1024). */
export function Lines({ lines }: { lines: readonly string[] }) {
  return (
    <ul className="lines">
      {lines.map((line, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity and two may be the same
        <li key={at}>{whole(line)}</li>
      ))}
    </ul>
  )
}
