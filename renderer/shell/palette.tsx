import { Autocomplete } from '@base-ui/react/autocomplete'
import { useLayoutEffect, useRef } from 'react'
import { Icon } from '../parts/icon.tsx'
import { type Command, type CommandGroup, useCommands } from './commands.ts'

/** Every page and action by name. Arrows and Enter choose, Escape leaves. */
export function Palette({ onClose }: { onClose: () => void }) {
  const groups = useCommands()
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [])
  const choose = (command: Command) => {
    // Closed first: the browser gives the focus back before the command takes it elsewhere.
    dialog.current?.close()
    onClose()
    command.run()
  }
  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label="Search or do"
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      // A press beside it meets the dialog itself, whose content covers all of its box.
      onPointerDown={(event) => event.target === dialog.current && onClose()}
    >
      <Autocomplete.Root
        inline
        open
        items={groups}
        autoHighlight="always"
        keepHighlight
        itemToStringValue={(command: Command) => command.label}
      >
        <div className="palette-field">
          <Icon name="search" />
          <Autocomplete.Input
            className="palette-input"
            aria-label="Search or do"
            placeholder="Where to, or what to do?"
            autoFocus
          />
          <span className="kbd" aria-hidden="true">
            Esc
          </span>
        </div>
        <Autocomplete.Empty className="palette-empty">
          Nothing here goes by that name.
        </Autocomplete.Empty>
        <Autocomplete.List className="palette-list">
          {(group: CommandGroup) => (
            <Autocomplete.Group key={group.value} items={group.items}>
              <Autocomplete.GroupLabel className="palette-label">
                {group.value}
              </Autocomplete.GroupLabel>
              <Autocomplete.Collection>
                {(command: Command) => (
                  <Autocomplete.Item
                    key={command.id}
                    value={command}
                    className="palette-item"
                    onClick={() => choose(command)}
                  >
                    <Icon name={command.icon} />
                    {command.label}
                  </Autocomplete.Item>
                )}
              </Autocomplete.Collection>
            </Autocomplete.Group>
          )}
        </Autocomplete.List>
      </Autocomplete.Root>
    </dialog>
  )
}
