import { styleText } from 'node:util'
import { visible } from '../visible.ts'
import { printableJson } from './printable.ts'

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red'

/** A piece of text, with a style where the terminal takes one. */
export type Segment = string | { readonly text: string; readonly style: Style }
export type Line = string | readonly Segment[]

/**
 * Where a verb's words go. Every value is made printable here, at the one place where text leaves, so that no verb can
 * forget it.
 */
export interface Output {
  readonly json: boolean
  /** The result: the one JSON document, or lines for a person; on standard output. */
  result<T>(value: T, lines: (value: T) => readonly Line[]): void
  /** One element of a stream: a compact document a line, or lines for a person; on standard output. */
  element<T>(value: T, lines: (value: T) => readonly Line[]): void
  /** Prose for the person on standard error, with `--json` too. */
  note(...lines: readonly Line[]): void
}

export interface Stream {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
}

export function createOutput(options: {
  json: boolean
  stdout: Stream
  stderr: Stream
  env: Readonly<Record<string, string | undefined>>
}): Output {
  const { json, stdout, stderr, env } = options
  const print = (stream: Stream, lines: readonly Line[]) => {
    const colour = takesColour(stream, env)
    stream.write(lines.map((line) => `${paint(line, colour)}\n`).join(''))
  }
  return {
    json,
    result(value, lines) {
      if (json) stdout.write(`${printableJson(value, stdout.isTTY ? 2 : undefined)}\n`)
      else print(stdout, lines(value))
    },
    element(value, lines) {
      if (json) stdout.write(`${printableJson(value)}\n`)
      else print(stdout, lines(value))
    },
    note: (...lines) => print(stderr, lines),
  }
}

function takesColour(stream: Stream, env: Readonly<Record<string, string | undefined>>): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
}

function paint(line: Line, colour: boolean): string {
  const segments = typeof line === 'string' ? [line] : line
  return segments
    .map((segment) => {
      if (typeof segment === 'string') return visible(segment)
      const text = visible(segment.text)
      return colour ? styleText(segment.style, text, { validateStream: false }) : text
    })
    .join('')
}

/** Columns wide enough for their longest cell; nothing is cut off. */
export function table(head: readonly string[], rows: readonly (readonly Segment[])[]): Line[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => width(row[column] ?? ''))),
  )
  const align = (cells: readonly Segment[]): Line =>
    cells.flatMap((cell, column) =>
      column === head.length - 1
        ? [cell]
        : [cell, ' '.repeat((widths[column] ?? 0) - width(cell) + 2)],
    )
  return [head.map((text) => ({ text, style: 'dim' as const })), ...rows].map(align)
}

function width(cell: Segment): number {
  return [...visible(typeof cell === 'string' ? cell : cell.text)].length
}

/** An instant of the contract (RFC 3339, UTC) in the person's own time zone, to the second. */
export function localTime(instant: string | null): string {
  if (instant === null) return '-'
  const date = new Date(instant)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`
}
