import { Button } from '../../parts/button.tsx'
import { CopyField } from '../../parts/copy-field.tsx'
import { visible } from '../../parts/format.ts'
import { Time } from '../../parts/time.tsx'
import type { DeviceFlow } from './sign-in.ts'

/** A code to type at the provider's page, on any device. */
export function DeviceCode({ flow }: { flow: DeviceFlow }) {
  const { url, host, device, expiresAt } = flow
  return (
    <>
      <p>
        Open this page on any device, and type the code there. Type it at{' '}
        <strong>{visible(host)}</strong> only, and give it to nobody: it signs in this Warder.
      </p>
      <CopyField label="Page" value={url} />
      <div className="device-code">
        <CopyField label="Code" value={device.userCode} first />
      </div>
      {device.complete !== null && (
        <CopyField label="Or the link with the code in it" value={device.complete} />
      )}
      <p className="quiet">
        The code ends <Time at={expiresAt} />.
      </p>
      <p className="quiet waiting" role="status">
        Waiting for you to finish there
      </p>
    </>
  )
}

export function OfferCode({ onChoose }: { onChoose: () => void }) {
  return (
    <Button kind="text" onClick={onChoose}>
      Use a code on another device instead
    </Button>
  )
}
