import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Bones } from './bones.tsx'
import { ErrorNote } from './error-note.tsx'

interface AnswerProps<T> {
  query: UseQueryResult<T[], Error>
  /** What a list without entries says. */
  empty: ReactNode
  children: (items: T[]) => ReactNode
}

/**
 * A list in each of its states: on its way, refused, empty, there. What was there stays on the screen when asking again
 * fails because nobody answers: the banner above says that it may be old.
 */
export function Answer<T>({ query, empty, children }: AnswerProps<T>) {
  if (query.data !== undefined) return query.data.length === 0 ? empty : children(query.data)
  if (query.isError) return <ErrorNote error={query.error} onRetry={() => void query.refetch()} />
  return <Bones />
}
