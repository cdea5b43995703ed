import { Toggle } from '@base-ui/react/toggle'
import { ToggleGroup } from '@base-ui/react/toggle-group'
import { Icon, type IconName } from './icon.tsx'

interface ChoiceProps<V extends string> {
  label: string
  value: V
  options: readonly { value: V; words: string; icon?: IconName }[]
  onChange: (value: V) => void
}

/** One of few, all in sight. */
export function Choice<V extends string>({ label, value, options, onChange }: ChoiceProps<V>) {
  return (
    <ToggleGroup
      className="choice"
      aria-label={label}
      value={[value]}
      onValueChange={([chosen]) => chosen !== undefined && onChange(chosen as V)}
    >
      {options.map(({ value: one, words, icon }) => (
        <Toggle key={one} value={one} className="choice-one">
          {icon && <Icon name={icon} />}
          {words}
        </Toggle>
      ))}
    </ToggleGroup>
  )
}
