import type { CaseResult } from './cases/result.ts'

export interface Run {
  readonly at: string
  readonly node: string
  readonly machine: string
  readonly results: readonly CaseResult[]
}

/** A case as Markdown. */
export function table({ title, figures, wanted, notRun = [] }: CaseResult): string {
  const columns = [...new Set(Object.values(figures).flatMap(Object.keys))]
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const lines = [
    row(['', ...columns]),
    row(['---', ...columns.map(() => '---:')]),
    ...Object.entries(figures).map(([target, values]) =>
      row([target, ...columns.map((column) => shown(values[column]))]),
    ),
  ]
  const wants = wanted.map(
    ({ what, value, limit, sense, met }) =>
      `- ${met ? 'met' : '**missed**'}: ${what} = ${shown(value)}, wanted ${sense} ${limit}`,
  )
  const left = notRun.map((what) => `- not run: ${what}`)
  return [`## ${title}`, '', ...lines, '', ...wants, ...left, ''].join('\n')
}

/** The whole run as a page of the documentation. */
export function page({ at, node, machine, results }: Run): string {
  return [
    '# Performance',
    '',
    'Made by `npm run bench -- --docs`. Machines differ and are noisy: only ratios within one run mean anything. Everything is',
    'switched on: each call is identified, decided, and recorded before it leaves and after it came back. The floor of a case',
    'is the smallest program that does its hop: what Node and the operating system leave.',
    '',
    `Measured ${at.slice(0, 10)}, Node ${node}, ${machine}.`,
    '',
    '![Median latency of one call at a time and throughput with 32 in flight](performance.svg)',
    '',
    ...results.map(table),
  ].join('\n')
}

/** Three significant digits. */
function shown(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return ''
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en')
  return String(Number(value.toPrecision(3)))
}

const BAR = 18
const WIDTH = 760
const LEFT = 150
const COLOURS = { floor: '#8a8f98', alone: '#8a8f98', warder: '#2f6f4f', other: '#c0913a' }

/** Bars of the cases that have latencies: one group a case and figure, scaled to its longest. */
export function plot(results: readonly CaseResult[]): string {
  const shapes: string[] = []
  let y = 10
  const text = (x: number, content: string, anchor = 'start') =>
    shapes.push(`<text x="${x.toFixed(1)}" y="${y + 13}" text-anchor="${anchor}">${content}</text>`)
  for (const { title, figures } of results)
    for (const figure of ['p50 ms', 'calls/s, 32 in flight']) {
      const bars = Object.entries(figures).flatMap(([target, values]) =>
        values[figure] === undefined ? [] : [{ target, value: values[figure] }],
      )
      if (bars.length === 0) continue
      text(0, `${title}: ${figure}`)
      y += BAR + 4
      const longest = Math.max(...bars.map(({ value }) => value))
      for (const { target, value } of bars) {
        const width = Math.max(1, (value / longest) * (WIDTH - LEFT - 80))
        text(LEFT - 8, target, 'end')
        shapes.push(
          `<rect x="${LEFT}" y="${y + 2}" width="${width.toFixed(1)}" height="${BAR - 4}" fill="${colourOf(target)}"/>`,
        )
        text(LEFT + width + 6, shown(value))
        y += BAR
      }
      y += 12
    }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" font-family="system-ui, sans-serif" font-size="12" fill="#333">`,
    '<title>Median latency of one call at a time, and throughput with 32 in flight</title>',
    `<rect width="${WIDTH}" height="${y}" fill="#fff"/>`,
    ...shapes,
    '</svg>',
    '',
  ].join('\n')
}

const colourOf = (target: string): string =>
  Object.hasOwn(COLOURS, target) ? COLOURS[target as keyof typeof COLOURS] : COLOURS.other
