import { useState } from 'react'
import type { CallFilter } from '../../api/call-window.ts'
import { useListing } from '../../api/queries.ts'
import { Button } from '../../parts/button.tsx'
import { visible } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Select } from '../../parts/select.tsx'
import { stateWords } from './call-state.tsx'
import { readSentence } from './sentence.ts'

interface FiltersProps {
  filter: CallFilter
  onChange: (filter: CallFilter) => void
}

type Key = keyof CallFilter

const ends = ['ok', 'denied', 'tool-error', 'error', 'cancelled', 'lost'] as const

/** A sentence, or one choice after the other; both end in chips that can be taken away again. */
export function Filters({ filter, onChange }: FiltersProps) {
  const clients = (useListing('clients:list').data ?? []).map(({ name }) => name)
  const servers = (useListing('servers:list').data ?? []).map(({ name }) => name)
  const [text, setText] = useState('')
  const without = (key: Key) => {
    const { [key]: _, ...rest } = filter
    return rest
  }
  const choose = (key: Key, value: string) =>
    onChange(value === '' ? without(key) : { ...filter, [key]: value })
  const options = (names: string[], chosen: string | undefined): [string, string][] =>
    [...new Set([...names, ...(chosen === undefined ? [] : [chosen])])]
      .sort()
      .map((name) => [name, visible(name)])
  return (
    <search className="filters">
      <form
        className="sentence"
        onSubmit={(event) => {
          event.preventDefault()
          onChange({ ...filter, ...readSentence(text, { clients, servers, now: Date.now() }) })
          setText('')
        }}
      >
        <Icon name="filter" />
        <input
          aria-label="Filter by a sentence"
          value={text}
          placeholder="refused calls of cursor to linear today"
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
        />
      </form>
      <Select
        label="Client"
        value={filter.client}
        all="All clients"
        options={options(clients, filter.client)}
        onChange={(value) => choose('client', value)}
      />
      <Select
        label="Server"
        value={filter.server}
        all="All servers"
        options={options(servers, filter.server)}
        onChange={(value) => choose('server', value)}
      />
      <Select
        label="Outcome"
        value={filter.outcome}
        all="Any outcome"
        options={ends.map((end) => [end, stateWords[end][1]])}
        onChange={(value) => choose('outcome', value)}
      />
      {Object.keys(filter).length > 0 && (
        <ul className="chips" aria-label="Filters in force">
          {(Object.keys(filter) as Key[]).map((key) => (
            <li key={key} className="chip">
              {wordsOf(key, filter)}
              <Button
                kind="quiet"
                label={`No longer: ${wordsOf(key, filter)}`}
                onClick={() => onChange(without(key))}
              >
                <Icon name="close" />
              </Button>
            </li>
          ))}
          {Object.keys(filter).length > 1 && (
            <li>
              <Button kind="text" onClick={() => onChange({})}>
                Clear all
              </Button>
            </li>
          )}
        </ul>
      )}
    </search>
  )
}

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

function wordsOf(key: Key, filter: CallFilter): string {
  const value = filter[key] ?? ''
  switch (key) {
    case 'client':
      return `of ${visible(value)}`
    case 'server':
      return `to ${visible(value)}`
    case 'target':
      return `named ${visible(value)}`
    case 'decision':
      return value === 'allow' ? 'allowed' : 'denied'
    case 'outcome':
      return stateWords[filter.outcome ?? 'ok'][1].toLowerCase()
    case 'since':
      return `since ${moment.format(Date.parse(value))}`
    case 'until':
      return `before ${moment.format(Date.parse(value))}`
  }
}
