import { createContext, type ReactNode, use, useState } from 'react'
import { ContractError } from '../../preload/contract/error.ts'
import { PresenceDialog, type Question } from '../parts/presence-dialog.tsx'

type Present = <T>(call: (confirm?: string) => Promise<T>) => Promise<T>

const PresenceContext = createContext<Present | undefined>(undefined)

/** Wraps a call that may answer `presence.required`: shows what it would allow and repeats it once a person agrees. */
export function usePresence(): Present {
  const present = use(PresenceContext)
  if (present === undefined) throw new Error('usePresence outside of PresenceProvider')
  return present
}

export function PresenceProvider({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<Question & { answer: (yes: boolean) => void }>()

  const ask = (question: Question) =>
    new Promise<boolean>((resolve) => {
      const answer = (yes: boolean) => {
        setAsked(undefined)
        resolve(yes)
      }
      setAsked({ ...question, answer })
    })

  const present: Present = async (call) => {
    try {
      return await call()
    } catch (error) {
      const required = readRequired(error)
      if (required === undefined) throw error
      if (await ask(required)) return call(required.challenge)
      throw new ContractError({
        code: 'presence.refused',
        message: 'You did not confirm it, so nothing was changed.',
      })
    }
  }

  return (
    <PresenceContext value={present}>
      {children}
      {asked && <PresenceDialog question={asked} onAnswer={asked.answer} />}
    </PresenceContext>
  )
}

function readRequired(error: unknown): (Question & { challenge: string }) | undefined {
  if (!(error instanceof ContractError) || error.code !== 'presence.required') return undefined
  const { challenge, title, lines } = error.details ?? {}
  if (typeof challenge !== 'string' || typeof title !== 'string' || !Array.isArray(lines))
    return undefined
  return { challenge, title, lines: lines.map(String) }
}
