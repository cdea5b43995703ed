import { Tabs } from '@base-ui/react/tabs'
import { useState } from 'react'
import type { ServerView } from '../../../preload/contract/index.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { ErrorNote } from '../../parts/error-note.tsx'
import { Field } from '../../parts/field.tsx'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { useDoing } from '../../shell/doing.tsx'
import { goTo } from '../../shell/route.ts'
import { useAddServer } from './add/add.ts'
import { type Draft, emptyDraft, missing, nameFrom, planOf } from './add/draft.ts'
import { LocalForm, PresetForm } from './add/forms.tsx'
import { PasteForm } from './add/paste-form.tsx'
import { RemoteForm } from './add/remote-form.tsx'
import { signsIn } from './server-card.tsx'

type Tab = Draft['kind'] | 'paste'

const tabs: readonly [Tab, string, IconName][] = [
  ['remote', 'Address', 'remote'],
  ['local', 'Command', 'local'],
  ['preset', 'Provider', 'preset'],
  ['paste', 'Pasted JSON', 'paste'],
]

/** Adds a server in any of four ways; all of them end in the question that shows exactly what will be. */
export function AddServerDialog({ onClose }: { onClose: () => void }) {
  const { begin } = useDoing()
  const [tab, setTab] = useState<Tab>('remote')
  const [draft, setDraft] = useState(emptyDraft)
  const add = useAddServer()
  const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }))
  const kind = tab === 'paste' ? draft.kind : tab
  const lacks =
    tab === 'paste' ? 'Read it, then add one of its servers.' : missing({ ...draft, kind })
  const goOn = (server: ServerView) => {
    if (signsIn(server)) return begin({ what: 'connect', server: server.name })
    onClose()
    goTo('servers', server.name)
  }
  const submit = () => {
    if (lacks !== null || add.isPending) return
    add.mutate(planOf({ ...draft, kind }), { onSuccess: goOn })
  }
  return (
    <Dialog
      title="Add a server"
      wide
      onClose={onClose}
      actions={
        <>
          <p className="quiet small lacks">{lacks}</p>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" busy={add.isPending} disabled={lacks !== null} onClick={submit}>
            {add.isPending ? 'Looking at it…' : 'Add the server'}
          </Button>
        </>
      }
    >
      <Tabs.Root value={tab} onValueChange={(value: Tab) => setTab(value)}>
        <Tabs.List className="tabs">
          {tabs.map(([value, words, icon]) => (
            <Tabs.Tab key={value} value={value} className="tab">
              <Icon name={icon} />
              {words}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault()
            submit()
          }}
        >
          <Tabs.Panel value="remote" className="form">
            <RemoteForm draft={draft} onChange={change} />
          </Tabs.Panel>
          <Tabs.Panel value="local" className="form">
            <LocalForm draft={draft} onChange={change} />
          </Tabs.Panel>
          <Tabs.Panel value="preset" className="form">
            <PresetForm draft={draft} onChange={change} />
          </Tabs.Panel>
          <Tabs.Panel value="paste" className="form">
            <PasteForm onAdded={goOn} />
          </Tabs.Panel>
          {tab !== 'paste' && (
            <Field
              label="Name"
              value={draft.name}
              help="What you and your clients call it: lower-case letters, digits and hyphens."
              onChange={(name) => change({ name: name === '' ? '' : typedName(name) })}
            />
          )}
          <button type="submit" className="unseen" tabIndex={-1} aria-hidden="true" />
        </form>
      </Tabs.Root>
      <ErrorNote error={add.error} />
    </Dialog>
  )
}

/** As it may be written, while it is being written: a hyphen at the end is one that goes on. */
const typedName = (text: string) =>
  /[^a-z0-9]$/i.test(text) && nameFrom(text).length < 32 ? `${nameFrom(text)}-` : nameFrom(text)
