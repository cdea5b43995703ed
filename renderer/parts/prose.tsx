import { visible } from './format.ts'

/** A sentence of the companion's, with what stands between backquotes as code. */
export function Prose({ text }: { text: string }) {
  return visible(text)
    .split('`')
    .map((part, at) => {
      const key = `${at} ${part}`
      return at % 2 === 1 ? <code key={key}>{part}</code> : <span key={key}>{part}</span>
    })
}
