import { type ComponentType, useEffect, useRef } from 'react'
import { Activity } from '../pages/activity.tsx'
import { Approvals } from '../pages/approvals.tsx'
import { Clients } from '../pages/clients.tsx'
import { Overview } from '../pages/overview.tsx'
import { Receipts } from '../pages/receipts.tsx'
import { Servers } from '../pages/servers.tsx'
import { Offline } from './offline.tsx'
import { type Page, usePage } from './route.ts'
import { Sidebar, titles } from './sidebar.tsx'
import { Stopped } from './stopped.tsx'

const content: Record<Page, ComponentType> = {
  overview: Overview,
  servers: Servers,
  activity: Activity,
  clients: Clients,
  approvals: Approvals,
  receipts: Receipts,
}

/** Sidebar and page. A change of page moves the focus to it, so that the keyboard and a screen reader follow. */
export function Frame() {
  const page = usePage()
  const main = useRef<HTMLElement>(null)
  const shown = useRef(page)
  useEffect(() => {
    document.title = `${titles[page]} · Warder`
    if (shown.current !== page) {
      window.scrollTo(0, 0)
      main.current?.focus({ preventScroll: true })
    }
    shown.current = page
  }, [page])
  const Content = content[page]
  return (
    <div className="frame">
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <Sidebar current={page} />
      <main ref={main} tabIndex={-1} key={page}>
        <Offline />
        <Stopped />
        <Content />
      </main>
    </div>
  )
}
