import { type ReactNode, useId } from 'react'

interface FieldProps {
  label: string
  value: string
  onChange: (value: string) => void
  /** What to know before one types. */
  help?: ReactNode
  placeholder?: string
  /** Lines; one is an input. */
  rows?: number
  type?: 'text' | 'url' | 'password'
  mono?: boolean
  first?: boolean
}

export function Field({
  label,
  value,
  onChange,
  help,
  rows = 1,
  type = 'text',
  ...props
}: FieldProps) {
  const id = useId()
  const shared = {
    id,
    value,
    autoComplete: 'off',
    spellCheck: false,
    placeholder: props.placeholder,
    className: props.mono ? 'mono' : undefined,
    'data-first': props.first,
    'aria-describedby': help === undefined ? undefined : `${id}-help`,
  }
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {rows === 1 ? (
        <input {...shared} type={type} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <textarea {...shared} rows={rows} onChange={(event) => onChange(event.target.value)} />
      )}
      {help !== undefined && (
        <p className="quiet small" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  )
}
