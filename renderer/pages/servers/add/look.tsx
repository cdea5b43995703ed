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
  /** Which way in fits what was seen. */
  onFits: (auth: Draft['auth']) => void
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
    onSuccess: ({ asks }) => {
      if (asks === 'nothing') onFits('public')
      if (asks === 'key') onFits('header')
      if (asks === 'sign-in') onFits('oauth')
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
