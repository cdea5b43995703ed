import { Menu as Base } from '@base-ui/react/menu'
import { useRef } from 'react'
import { Icon, type IconName } from './icon.tsx'

interface MenuItem {
  label: string
  icon: IconName
  danger?: boolean
  run: () => void
}

/** What is done more seldom, behind three dots. */
export function Menu({ label, items }: { label: string; items: MenuItem[] }) {
  // Beside its button, and so within the part of the page that it belongs to.
  const place = useRef<HTMLSpanElement>(null)
  return (
    <span ref={place}>
      <Base.Root modal={false}>
        <Base.Trigger className="button" data-kind="quiet" aria-label={label}>
          <Icon name="more" />
        </Base.Trigger>
        <Base.Portal container={place}>
          <Base.Positioner className="popup-place" align="end" sideOffset={4}>
            <Base.Popup className="popup">
              {items.map((item) => (
                <Base.Item
                  key={item.label}
                  className="popup-item"
                  data-danger={item.danger}
                  onClick={item.run}
                >
                  <Icon name={item.icon} />
                  {item.label}
                </Base.Item>
              ))}
            </Base.Popup>
          </Base.Positioner>
        </Base.Portal>
      </Base.Root>
    </span>
  )
}
