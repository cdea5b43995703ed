import { useState } from 'react'
import type { AccountView } from '../../../preload/contract/index.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Field } from '../../parts/field.tsx'
import { visible } from '../../parts/format.ts'
import { Note } from '../../parts/note.tsx'
import { Scopes, scopeInWords } from '../../parts/scopes.tsx'

interface StepUpDialogProps {
  account: AccountView
  /** Goes on to the sign-in, which shows all that is asked for before anything opens. */
  onAsk: (scopes: string[]) => void
  onClose: () => void
}

/** More scopes for an account: those that calls lacked, those that were not given, and those that the person names. */
export function StepUpDialog({ account, onAsk, onClose }: StepUpDialogProps) {
  const offers = offersOf(account)
  const [chosen, choose] = useState(() =>
    account.lacking.map(({ scope }) => scope).filter((scope) => !account.scopes.includes(scope)),
  )
  const [named, setNamed] = useState('')
  const wanted = [...new Set([...chosen, ...scopesIn(named)])].filter(
    (scope) => !account.scopes.includes(scope),
  )
  const lacks =
    wanted.length === 0
      ? scopesIn(named).length > 0
        ? 'It has that already.'
        : 'Choose or name a scope.'
      : null
  const ask = () => {
    if (lacks === null) onAsk(wanted)
  }
  if (account.scopesFixed)
    return (
      <Dialog
        title={`Ask for more for ${visible(account.account)}`}
        onClose={onClose}
        actions={
          <Button first kind="primary" onClick={onClose}>
            Close
          </Button>
        }
      >
        <Note tone="info" title="Its definition says what is asked for">
          Somebody fixed the scopes of {account.server}, and no sign-in asks for others. Add what is
          missing to its <code>scopes</code> in <code>config.json</code>, then sign in again.
        </Note>
        <Facts
          facts={{ 'It may now': <Scopes scopes={account.scopes} none="No scopes named" /> }}
        />
      </Dialog>
    )
  return (
    <Dialog
      title={`Ask for more for ${visible(account.account)}`}
      onClose={onClose}
      actions={
        <>
          <p className="quiet small lacks">{lacks}</p>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" disabled={lacks !== null} onClick={ask}>
            Go on to the sign-in
          </Button>
        </>
      }
    >
      <p>
        You sign in again and are asked for what it has and for this too. The provider decides what
        it gives.
      </p>
      {offers.length > 0 && (
        <fieldset className="offers">
          <legend>More that it could be given</legend>
          {offers.map(({ scope, why }) => (
            <label key={scope} className="check">
              <input
                type="checkbox"
                checked={chosen.includes(scope)}
                onChange={({ target }) =>
                  choose(
                    target.checked ? [...chosen, scope] : chosen.filter((one) => one !== scope),
                  )
                }
              />
              <span>
                {scopeInWords(scope) ?? ''} <code>{visible(scope)}</code>
                <span className="quiet small">{why}</span>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          ask()
        }}
      >
        <Field
          label={offers.length === 0 ? 'Scopes' : 'Other scopes'}
          mono
          first
          value={named}
          placeholder="repo read:org"
          help="By the names that the provider gives them, with blanks between."
          onChange={setNamed}
        />
      </form>
      <Facts facts={{ 'It may now': <Scopes scopes={account.scopes} none="No scopes named" /> }} />
    </Dialog>
  )
}

/** What is known to be missing, and how. */
function offersOf({ lacking, withheld }: AccountView): { scope: string; why: string }[] {
  const needed = lacking.map(({ scope, operations }) => ({
    scope,
    why: `needed for ${operations.map(visible).join(', ')}`,
  }))
  const refused = withheld
    .filter((scope) => !lacking.some((one) => one.scope === scope))
    .map((scope) => ({ scope, why: 'asked for at the last sign-in and not given' }))
  return [...needed, ...refused]
}

const scopesIn = (text: string) => text.split(/[\s,]+/).filter((scope) => scope !== '')
