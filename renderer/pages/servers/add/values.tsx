import { Button } from '../../../parts/button.tsx'
import { Icon } from '../../../parts/icon.tsx'
import { newValue, type Value } from './draft.ts'

interface ValuesProps {
  legend: string
  /** What a name is called: a variable, a header. */
  what: string
  values: Value[]
  /** Servers whose accounts have tokens that may be given. */
  tokensOf: readonly string[]
  /** `credentials`: nothing that stands in config.json as it is; `files`: also whether one can be read once only. */
  only?: 'credentials' | 'files'
  onChange: (values: Value[]) => void
}

/** Names with values. A secret one goes into the vault, and neither config.json nor this page ever shows it again. */
export function Values({ legend, what, values, tokensOf, only, onChange }: ValuesProps) {
  const change = (id: number, part: Partial<Value>) =>
    onChange(values.map((one) => (one.id === id ? { ...one, ...part } : one)))
  const sources = [
    ['secret', 'Secret'],
    ...(only === undefined ? [['plain', 'Plain text']] : []),
    ...tokensOf.map((server) => [`token ${server}`, `Token of ${server}`]),
  ]
  return (
    <fieldset className="values">
      <legend>{legend}</legend>
      {values.map(({ id, name, value, secret, tokenOf, once }, at) => {
        const called = name || `${what} ${at + 1}`
        return (
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
            <select
              aria-label={`What ${called} is`}
              value={tokenOf === '' ? (secret ? 'secret' : 'plain') : `token ${tokenOf}`}
              onChange={({ target }) =>
                change(id, {
                  secret: target.value !== 'plain',
                  tokenOf: target.value.startsWith('token ') ? target.value.slice(6) : '',
                })
              }
            >
              {sources.map(([source, words]) => (
                <option key={source} value={source}>
                  {words}
                </option>
              ))}
            </select>
            {tokenOf === '' ? (
              <input
                aria-label={`Value of ${called}`}
                type={secret ? 'password' : 'text'}
                value={value}
                placeholder={secret ? 'kept in the vault' : 'value'}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => change(id, { value: event.target.value })}
              />
            ) : (
              <span className="quiet small">the live one, renewed by Warder</span>
            )}
            <Button
              kind="quiet"
              label={`Leave ${called} out`}
              onClick={() => onChange(values.filter((one) => one.id !== id))}
            >
              <Icon name="close" />
            </Button>
            {only === 'files' && (
              <label className="check value-more">
                <input
                  type="checkbox"
                  checked={once}
                  onChange={({ target }) => change(id, { once: target.checked })}
                />
                It can be read one time only (a pipe)
              </label>
            )}
          </div>
        )
      })}
      <Button onClick={() => onChange([...values, newValue()])}>
        <Icon name="plus" />
        {what}
      </Button>
    </fieldset>
  )
}
