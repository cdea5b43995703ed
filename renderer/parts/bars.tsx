import { scaleBand, scaleLinear } from 'd3-scale'
import { stack } from 'd3-shape'
import { useLayoutEffect, useRef, useState } from 'react'

export interface Bar {
  /** What its axis and a screen reader call it. */
  label: string
  /** One number for each series. */
  values: readonly number[]
}

interface BarsProps {
  /** What the chart says, for who does not see it. */
  title: string
  series: readonly string[]
  bars: readonly Bar[]
  height?: number
  /** How numbers are written. */
  write?: (value: number) => string
  /** Which colours: of clients, or of what went wrong. */
  palette?: 'series' | 'trouble' | 'time'
}

const EDGE = { bottom: 20, top: 8 }

/** Numbers over time, stacked by series. The same numbers stand in a table that a screen reader finds. */
export function Bars({
  title,
  series,
  bars,
  height = 150,
  write = String,
  palette = 'series',
}: BarsProps) {
  const [width, frame] = useWidth()
  const totals = bars.map(({ values }) => values.reduce((sum, value) => sum + value, 0))
  const y = scaleLinear()
    .domain([0, Math.max(1, ...totals)])
    .nice(3)
    .range([height - EDGE.bottom, EDGE.top])
  const ticks = y.ticks(3).filter(Number.isInteger)
  // Seven pixels are about a digit of the axis.
  const left = 14 + 7 * Math.max(...ticks.map((tick) => write(tick).length))
  const x = scaleBand<number>()
    .domain(bars.map((_, at) => at))
    .range([left, Math.max(width, left + 1)])
    .paddingInner(0.28)
  const layers = stack<Bar, number>()
    .keys(series.map((_, at) => at))
    .value((bar, at) => bar.values[at] ?? 0)([...bars])
  const every = Math.max(1, Math.ceil(bars.length / Math.max(1, Math.floor(width / 90))))
  return (
    <figure className="bars" ref={frame}>
      <svg width={width} height={height} role="img" aria-label={title} data-palette={palette}>
        {ticks.map((tick) => (
          <g key={tick} className="bars-line">
            <line x1={left} x2={width} y1={y(tick)} y2={y(tick)} />
            <text x={left - 8} y={y(tick)} dy="0.32em" textAnchor="end">
              {write(tick)}
            </text>
          </g>
        ))}
        {layers.map((layer) => (
          <g key={layer.key} data-series={layer.key % 6}>
            {layer.map(([from, to], at) => {
              const bar = bars[at]
              if (bar === undefined || to <= from) return null
              return (
                <rect
                  key={bar.label}
                  x={x(at)}
                  width={Math.max(1, x.bandwidth())}
                  y={y(to)}
                  height={Math.max(0.5, y(from) - y(to))}
                  rx={Math.min(2.5, x.bandwidth() / 4)}
                >
                  <title>{`${bar.label}, ${series[layer.key] ?? ''}: ${write(to - from)}`}</title>
                </rect>
              )
            })}
          </g>
        ))}
        {bars.map(({ label }, at) =>
          at % every === 0 && (x(at) ?? 0) < width - 34 ? (
            <text key={label} className="bars-label" x={x(at)} y={height - 4}>
              {label}
            </text>
          ) : null,
        )}
      </svg>
      <table className="unseen">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">When</th>
            {series.map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {bars
            .filter((_, at) => (totals[at] ?? 0) > 0)
            .map(({ label, values }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                {series.map((name, at) => (
                  <td key={name}>{write(values[at] ?? 0)}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </figure>
  )
}

/** The names of the series with their colours. */
export function Legend({
  series,
  palette = 'series',
}: {
  series: readonly string[]
  palette?: string
}) {
  return (
    <ul className="legend" data-palette={palette}>
      {series.map((name, at) => (
        <li key={name} data-series={at % 6}>
          {name}
        </li>
      ))}
    </ul>
  )
}

function useWidth(): [number, React.RefObject<HTMLElement | null>] {
  const frame = useRef<HTMLElement>(null)
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = frame.current
    if (element === null) return
    setWidth(element.clientWidth)
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [width, frame]
}
