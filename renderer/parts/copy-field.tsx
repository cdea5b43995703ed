import { type FocusEvent, useCallback, useEffect, useRef, useState } from 'react'
import { Button } from './button.tsx'

interface CopyFieldProps {
  label: string
  value: string
  /** The press that shows the field was a wish to copy already. */
  atOnce?: boolean
  /** Its button is the one that a dialog gives the focus to. */
  first?: boolean
}

/** A value to take elsewhere. Where the clipboard is refused, the text is selected, ready to be taken by hand. */
export function CopyField({ label, value, atOnce = false, ...props }: CopyFieldProps) {
  const [copied, setCopied] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const copy = useCallback(async () => {
    const taken = await write(value)
    setCopied(taken)
    if (!taken) field.current?.focus()
  }, [value])
  useEffect(() => {
    if (!atOnce) return
    // The button that was pressed is gone, and the focus with it.
    field.current?.focus()
    void copy()
  }, [atOnce, copy])
  return (
    <div className="copy-field">
      <label>
        {label}
        <input ref={field} readOnly value={value} onFocus={selectAll} />
      </label>
      <Button first={props.first} onClick={() => void copy()}>
        {copied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  )
}

const write = (value: string) =>
  navigator.clipboard.writeText(value).then(
    () => true,
    () => false,
  )

/** Backwards, so that the beginning stays in sight: in a link, that is the host. */
const selectAll = ({ target }: FocusEvent<HTMLInputElement>) =>
  target.setSelectionRange(0, target.value.length, 'backward')
