import { type ComponentType, useEffect, useRef, useState } from 'react'
import { Accounts } from '../pages/accounts.tsx'
import { Activity } from '../pages/activity.tsx'
import { Approvals } from '../pages/approvals.tsx'
import { Clients } from '../pages/clients.tsx'
import { Doctor } from '../pages/doctor.tsx'
import { Overview } from '../pages/overview.tsx'
import { Receipts } from '../pages/receipts.tsx'
import { Servers } from '../pages/servers.tsx'
import { Settings } from '../pages/settings.tsx'
import { DoingDialog } from './doing-dialog.tsx'
import { Offline } from './offline.tsx'
import { Palette } from './palette.tsx'
import { usePaletteKey } from './palette-key.ts'
import { Paused } from './paused.tsx'
import { type Page, titles, useRoute } from './route.ts'
import { Sidebar } from './sidebar.tsx'
import { Stopped } from './stopped.tsx'

const content: Record<Page, ComponentType> = {
  overview: Overview,
  servers: Servers,
  accounts: Accounts,
  clients: Clients,
  activity: Activity,
  approvals: Approvals,
  receipts: Receipts,
  doctor: Doctor,
  settings: Settings,
}

/** Sidebar and page. A change of page moves the focus to it, so that the keyboard and a screen reader follow. */
export function Frame() {
  const { page } = useRoute()
  const [searching, setSearching] = useState(false)
  usePaletteKey(() => setSearching(true))
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
      <Sidebar current={page} onSearch={() => setSearching(true)} />
      <main ref={main} tabIndex={-1} key={page} data-page={page}>
        <Offline />
        <Stopped />
        <Paused />
        <Content />
      </main>
      <DoingDialog />
      {searching && <Palette onClose={() => setSearching(false)} />}
    </div>
  )
}
