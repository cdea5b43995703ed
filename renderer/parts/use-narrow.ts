import { useSyncExternalStore } from 'react'

/** Where rows take two lines; the same width stands in the style sheet. */
const narrow = window.matchMedia('(max-width: 46rem)')

export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => narrow.matches)
}

function subscribe(listener: () => void): () => void {
  narrow.addEventListener('change', listener)
  return () => narrow.removeEventListener('change', listener)
}
