import { useEffect, useRef, useState } from 'react'
import type { CompanionApi, ContractError, Input } from '../../preload/contract/index.ts'
import { save } from '../parts/save.ts'
import { useApi } from './context.ts'

export interface Export {
  /** `choosing`: a person is asked where it goes, where the shell asks that. */
  readonly state: 'idle' | 'choosing' | 'making' | 'saved'
  /** What it holds so far. */
  readonly rows: number
  readonly error: ContractError | null
  begin(input: Input<'exports:begin'>): void
  cancel(): void
}

/** A file for a person to keep. Its content comes part by part, or goes straight to where the person said. */
export function useExport(): Export {
  const api = useApi()
  const [made, setMade] = useState<Pick<Export, 'state' | 'rows' | 'error'>>(idle)
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])

  async function run(input: Input<'exports:begin'>, signal: AbortSignal): Promise<void> {
    const show = (state: Export['state'], rows = 0) =>
      signal.aborted || setMade({ state, rows, error: null })
    show('choosing')
    try {
      const saved = await makeFile(api, input, signal, (rows) => show('making', rows))
      show(saved ? 'saved' : 'idle')
    } catch (error) {
      if (!signal.aborted) setMade({ ...idle, error: error as ContractError })
    }
  }

  return {
    ...made,
    begin(input) {
      running.current?.abort()
      running.current = new AbortController()
      void run(input, running.current.signal)
    },
    cancel() {
      running.current?.abort()
      setMade(idle)
    },
  }
}

const idle = { state: 'idle', rows: 0, error: null } as const

/** @returns false where the person said no, or it was given up */
async function makeFile(
  api: CompanionApi,
  input: Input<'exports:begin'>,
  signal: AbortSignal,
  progress: (rows: number) => void,
): Promise<boolean> {
  const { file } = await api.call('exports:begin', input)
  if (file === null) return false
  try {
    const parts: Blob[] = []
    while (!signal.aborted) {
      const { text, rows, done } = await api.call('exports:next', { id: file.id })
      if (text !== null) parts.push(new Blob([text]))
      progress(rows)
      if (!done) continue
      if (text !== null && !signal.aborted) save(file.name, parts)
      return true
    }
  } catch (error) {
    await giveUp(api, file.id)
    throw error
  }
  await giveUp(api, file.id)
  return false
}

/** Where nobody answers any more, nothing is left to give up. */
const giveUp = (api: CompanionApi, id: string) =>
  api.call('exports:cancel', { id }).catch(() => undefined)
