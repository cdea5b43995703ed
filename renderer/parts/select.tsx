interface SelectProps {
  label: string
  value: string | undefined
  /** What the choice of none is called. */
  all: string
  options: [value: string, words: string][]
  onChange: (value: string) => void
}

export function Select({ label, value, all, options, onChange }: SelectProps) {
  return (
    <label className="select">
      <span className="unseen">{label}</span>
      <select value={value ?? ''} onChange={(event) => onChange(event.target.value)}>
        <option value="">{all}</option>
        {options.map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </select>
    </label>
  )
}
