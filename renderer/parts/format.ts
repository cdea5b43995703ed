const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** Seconds in each unit, longest first. */
const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** "5 minutes ago", "in 2 hours"; both instants in milliseconds. */
export function relativeTime(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000)
  const unit = units.find(([, length]) => Math.abs(seconds) >= length)
  if (unit === undefined) return seconds > 0 && seconds >= 20 ? 'in a moment' : 'just now'
  return relative.format(Math.trunc(seconds / unit[1]), unit[0])
}

/** With thousands set apart. */
export const number = (value: number) => value.toLocaleString('en')

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const minutes = Math.round(ms / 60_000)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export function bytes(size: number): string {
  if (size < 1000) return `${size} B`
  if (size < 1_000_000) return `${(size / 1000).toFixed(1)} kB`
  return `${(size / 1_000_000).toFixed(1)} MB`
}

/** The host of a URL, or the text itself where it is none. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}

/** `secret:NAME` and `grant:SERVER` in words. */
export function sourceInWords(from: string): string {
  const [kind, ...rest] = from.split(':')
  const name = rest.join(':')
  if (kind === 'secret') return `secret “${name}”`
  if (kind === 'grant') return `sign-in of “${name}”`
  return from
}

/** More than anybody reads of one name or sentence. */
const LONGEST = 2_000

/** As {@link whole}, but of what is longer than anybody reads only the beginning, and how much more there is. */
export function visible(text: string): string {
  if (text.length <= LONGEST) return whole(text)
  return `${whole(text.slice(0, LONGEST))} … and ${number(text.length - LONGEST)} more characters`
}

/** Characters that a screen does not show, or that turn the text around them, are written out. */
export function whole(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (hidden) => `\\u{${hidden.codePointAt(0)?.toString(16) ?? ''}}`,
  )
}
