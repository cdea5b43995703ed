import type { Notifier } from '../ports.ts'
import { type ParkingTimer, systemTimer } from './parking.ts'
import type { WaitingCalls } from './types.ts'

/** Tells the person that a sign-in is needed: once for each server and account, however many calls wait for it. */
export interface SignInNotes {
  /** This account cannot be used without a person any more. */
  needed(account: { readonly server: string; readonly account: string }): void
  /** Other calls wait than before: for an account, perhaps, that died when nobody was told. */
  parked(): void
  /** Somebody signed in at this server, or took the account away: the next death is told again. */
  settled(server: string): void
}

/** Calls come in crowds. So long, in milliseconds, a note waits in order to count them. */
const COUNTED_FOR = 1_000

export function createSignInNotes(options: {
  notifier: Notifier
  waiting: () => readonly WaitingCalls[]
  timer?: ParkingTimer
}): SignInNotes {
  const { notifier, waiting, timer = systemTimer } = options
  /** Server → what the person was told of, or is about to be: an account, or that calls wait. */
  const told = new Map<string, Set<string | null>>()

  function tell(server: string, account: string | null): void {
    const notes = told.get(server) ?? new Set()
    if (notes.has(account) || (account === null && notes.size > 0)) return
    told.set(server, notes.add(account))
    timer.after(COUNTED_FOR, () => {
      if (told.get(server) !== notes) return
      const calls = waiting().filter((one) => one.server === server)
      if (account === null && calls.length === 0) return void told.delete(server)
      const who = account === null ? `${server} needs you` : `${server}: ${account} has`
      notifier.notify({
        title: 'Sign-in needed',
        body: [`${who} to sign in again.`, ...calls.map(inWords)].join(' '),
        offer: { to: 'sign-in', server },
      })
    })
  }

  return {
    needed: ({ server, account }) => tell(server, account),
    parked() {
      for (const { server } of waiting()) tell(server, null)
    },
    settled: (server) => void told.delete(server),
  }
}

const inWords = ({ client, calls }: WaitingCalls) =>
  calls === 1 ? `A call of ${client} waits.` : `${calls} calls of ${client} wait.`
