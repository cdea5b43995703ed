import type { ContractError } from '../../../preload/contract/index.ts'
import { Button } from '../../parts/button.tsx'
import { visible } from '../../parts/format.ts'

interface OtherIssuersProps {
  issuers: readonly string[]
  onChoose: (issuer: string) => void
}

/** Where a server takes sign-ins at several providers (RFC 9728 §7.6), the person says which. */
export function OtherIssuers({ issuers, onChoose }: OtherIssuersProps) {
  if (issuers.length === 0) return null
  return (
    <>
      <p>The server takes sign-ins at more than one provider.</p>
      <ul>
        {issuers.map((issuer) => (
          <li key={issuer}>
            <Button kind="text" onClick={() => onChoose(issuer)}>
              Sign in at {visible(issuer)}
            </Button>
          </li>
        ))}
      </ul>
    </>
  )
}

/** Those that a sign-in failed for want of a choice among. */
export function issuersToChoose({ code, details }: ContractError): string[] {
  const issuers = code === 'oauth.issuer_choice' ? details?.issuers : undefined
  return Array.isArray(issuers) ? issuers.filter((one) => typeof one === 'string') : []
}
