import { Button } from '../../../parts/button.tsx'
import { Icon } from '../../../parts/icon.tsx'
import { newValue, type Value } from './draft.ts'

interface ValuesProps {
  legend: string
  /** What a name is called: a variable, a header. */
  what: string
  values: Value[]
  onChange: (values: Value[]) => void
}

/** Names with values. A secret one goes into the vault, and neither config.json nor this page ever shows it again. */
export function Values({ legend, what, values, onChange }: ValuesProps) {
  const change = (id: number, part: Partial<Value>) =>
    onChange(values.map((one) => (one.id === id ? { ...one, ...part } : one)))
  return (
    <fieldset className="values">
      <legend>{legend}</legend>
      {values.map(({ id, name, value, secret }, at) => (
        <div className="value-row" key={id}>
          <input
            aria-label={`${what} ${at + 1}`}
            className="mono"
            value={name}
            placeholder={what}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => change(id, { name: event.target.value })}
          />
          <input
            aria-label={`Value of ${name || `${what} ${at + 1}`}`}
            type={secret ? 'password' : 'text'}
            value={value}
            placeholder={secret ? 'kept in the vault' : 'value'}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => change(id, { value: event.target.value })}
          />
          <label className="check">
            <input
              type="checkbox"
              checked={secret}
              onChange={(event) => change(id, { secret: event.target.checked })}
            />
            Secret
          </label>
          <Button
            kind="quiet"
            label={`Leave ${name || `${what} ${at + 1}`} out`}
            onClick={() => onChange(values.filter((one) => one.id !== id))}
          >
            <Icon name="close" />
          </Button>
        </div>
      ))}
      <Button onClick={() => onChange([...values, newValue()])}>
        <Icon name="plus" />
        {what}
      </Button>
    </fieldset>
  )
}
