const paths = {
  overview: 'M4 13.5 12 5l8 8.5M6.5 11.5V19h11v-7.5',
  servers: 'M4 5h16v5.5H4zM4 13.5h16V19H4zM7.5 7.8h.01M7.5 16.3h.01',
  activity: 'M3 12h4l3-7 4 14 3-7h4',
  clients: 'M4 5h16v11H4zM9 20h6M12 16v4M8 9l2 1.8L8 12.5',
  approvals: 'M9 11.5l2.3 2.3L16 9M12 3l8 3v5.5c0 4.5-3.3 8-8 9.5-4.7-1.5-8-5-8-9.5V6z',
  receipts: 'M6 3h12v18l-3-2-3 2-3-2-3 2zM9.5 8h5M9.5 12h5',
  key: 'M8.5 11a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM11.7 12.3 20 4M15.5 8.5l3 3',
  locked: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2',
  good: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM8 12.3l2.7 2.7L16 9.5',
  warn: 'M12 4l9 15.5H3zM12 10v4.5M12 17h.01',
  bad: 'M8 3h8l5 5v8l-5 5H8l-5-5V8zM9 9l6 6M15 9l-6 6',
  denied: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM5.8 5.8l12.4 12.4',
  held: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM10 9v6M14 9v6',
  wait: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7.5V12l3 2',
  info: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 11v5M12 8h.01',
  remote:
    'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM3.5 12h17M12 3c5 5.5 5 12.5 0 18-5-5.5-5-12.5 0-18z',
  local: 'M4 5h16v14H4zM8 10l2.5 2L8 14M13 14.5h3.5',
  close: 'M6 6l12 12M18 6L6 18',
  arrow: 'M5 12h13M13 7l5 5-5 5',
} as const

export type IconName = keyof typeof paths | 'warder'

/** Always beside words, so a screen reader passes it by. Shapes differ, not colours alone. */
export function Icon({ name }: { name: IconName }) {
  if (name === 'warder') return <Shield />
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  )
}

function Shield() {
  return (
    <svg className="icon mark" viewBox="0 0 32 32" aria-hidden="true">
      <path
        className="mark-shield"
        d="M16 2 4 6.5v8.7C4 22.3 9 27.9 16 30c7-2.1 12-7.7 12-14.8V6.5z"
      />
      <path
        className="mark-hole"
        d="M16 9.5a4 4 0 0 0-1.9 7.52L13 22.5h6l-1.1-5.48A4 4 0 0 0 16 9.5z"
      />
    </svg>
  )
}
