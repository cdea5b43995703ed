import { useMutation } from '@tanstack/react-query'
import type { ContractError, PreflightView } from '../../../../preload/contract/index.ts'
import { useApi } from '../../../api/context.ts'
import { Button } from '../../../parts/button.tsx'
import { ErrorNote } from '../../../parts/error-note.tsx'
import { Facts } from '../../../parts/facts.tsx'
import { hostOf, visible } from '../../../parts/format.ts'
import { Note } from '../../../parts/note.tsx'
import { Prose } from '../../../parts/prose.tsx'
import { Scopes } from '../../../parts/scopes.tsx'
import type { Draft } from './draft.ts'

const registrations = {
  document: 'by itself, with its published document',
  dynamic: 'by itself',
  'by-hand': 'only by hand: register an app there, and give its client ID below',
}

interface LookProps {
  url: string
  allowedNetworks: string[] | undefined
  onFits: (fit: Fit, url: string) => void
}

/** Which way in fits what was seen, and why, as the rest of a sentence. */
export interface Fit {
  auth: Draft['auth']
  why: string
  /** The provider that it names. */
  issuer: string | null
  /** That provider lets programs in as themselves. */
  services: boolean
}

/** Asks the server what it wants of a stranger, before anything is added. */
export function Look({ url, allowedNetworks, onFits }: LookProps) {
  const api = useApi()
  const look = useMutation<PreflightView, ContractError, string>({
    mutationFn: (address) =>
      api.call('servers:look', {
        url: address,
        ...(allowedNetworks === undefined ? {} : { allowedNetworks }),
      }),
    onSuccess: (seen, address) => {
      const fit = fitOf(seen)
      if (fit !== null) onFits(fit, address)
    },
  })
  const empty = url.trim() === ''
  return (
    <div className="look">
      <Button busy={look.isPending} disabled={empty} onClick={() => look.mutate(url.trim())}>
        {look.isPending ? 'Looking…' : 'Look what it asks for'}
      </Button>
      <ErrorNote error={look.error} />
      {look.data && look.variables === url.trim() && <Seen seen={look.data} />}
    </div>
  )
}

function fitOf({ asks, found }: PreflightView): Fit | null {
  const about = { issuer: found?.issuer ?? null, services: found?.services ?? false }
  switch (asks) {
    case 'nothing':
      return { ...about, auth: 'public', why: 'it asked a stranger for nothing' }
    case 'key':
      return { ...about, auth: 'header', why: 'it turns strangers away and names no provider' }
    case 'sign-in':
      return { ...about, auth: 'oauth', why: 'it sends strangers to a provider to sign in' }
    case 'unknown':
      return null
  }
}

function Seen({ seen: { asks, status, found, problem } }: { seen: PreflightView }) {
  if (found !== null)
    return (
      <>
        <Note tone="good" title={`It takes sign-ins at ${visible(hostOf(found.issuer))}`}>
          Warder keeps the tokens of whoever signs in.{' '}
          {found.revocation
            ? ''
            : 'It offers no way to revoke them: what is issued lives on until it expires.'}
        </Note>
        <Facts
          facts={{
            Issuer: <code>{visible(found.issuer)}</code>,
            'For the resource': <code>{visible(found.resource)}</code>,
            'Would ask for': <Scopes scopes={found.scopes} none="nothing by name" />,
            'Warder registers there': registrations[found.registration],
            ...(found.services ? { 'Takes services': 'yes, with credentials of their own' } : {}),
            'When revoked': found.revocation
              ? 'at the provider too, and the receipt says what was proven'
              : 'only here: the provider cannot be told',
            ...(found.otherIssuers.length > 0
              ? { 'Also at': found.otherIssuers.map((one) => visible(one)).join(', ') }
              : {}),
          }}
        />
      </>
    )
  switch (asks) {
    case 'nothing':
      return (
        <Note tone="good" title="It lets everybody in">
          It asked a stranger for nothing, so there is nothing to sign in to.
        </Note>
      )
    case 'key':
      return (
        <Note tone="info" title="It wants a key, and names nobody to sign in to">
          Give the header that its vendor names, such as Authorization.{' '}
          {problem && <Prose text={problem.message} />}
        </Note>
      )
    case 'sign-in':
      return (
        <Note tone="warn" title="It wants a sign-in, and something is missing">
          {problem && (
            <>
              <Prose text={problem.message} /> <span className="code">{problem.code}</span>
            </>
          )}
        </Note>
      )
    case 'unknown':
      return (
        <Note tone="warn" title={`It answered HTTP ${status}`}>
          That is not what an MCP server says to a stranger. Is it the address of the endpoint, with
          its path?
        </Note>
      )
  }
}
