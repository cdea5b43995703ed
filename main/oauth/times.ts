/** Instants and durations as a person reads them, in the time zone of this machine. */

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const two = (value: number) => String(value).padStart(2, '0')

/** `Tue 2026-11-17 14:02` */
export function dayAndTime(at: number): string {
  const date = new Date(at)
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${days[date.getDay()]} ${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/** `14:02:07` */
export function clockTime(at: number): string {
  const date = new Date(at)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** In the largest unit of which there are two at least: `90 min`, `9 h`, `30 days`. */
export function duration(ms: number): string {
  if (ms < MINUTE) return 'less than a minute'
  if (ms < 2 * HOUR) return `${Math.floor(ms / MINUTE)} min`
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`
  return `${Math.floor(ms / DAY)} days`
}
