import type { SignatureView } from '../../preload/contract/index.ts'
import { visible } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'

/** Whether a record can be bettered without anybody noticing. The key's id is what an export is compared with. */
export function Signature({ of }: { of: { readonly signature: SignatureView | null } }) {
  const { signature } = of
  if (signature?.signature == null)
    return (
      <p className="signature quiet">
        <Icon name="wait" />
        <span>Not signed yet: {visible(signature?.why ?? 'that needs the vault to be open.')}</span>
      </p>
    )
  return (
    <p className="signature quiet">
      <Icon name="good" />
      <span>
        Signed, version {signature.version}, with the key <code>{signature.key}</code>
      </span>
    </p>
  )
}
