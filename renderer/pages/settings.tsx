import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useState } from 'react'
import type { ContractError, Output, StatusView } from '../../preload/contract/index.ts'
import { useApi } from '../api/context.ts'
import { useAct, useStatus } from '../api/queries.ts'
import { Badge } from '../parts/badge.tsx'
import { Bones } from '../parts/bones.tsx'
import { Button } from '../parts/button.tsx'
import { Choice } from '../parts/choice.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { Facts } from '../parts/facts.tsx'
import { visible } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { Prose } from '../parts/prose.tsx'
import { ScrollBox } from '../parts/scroll-box.tsx'
import { Time } from '../parts/time.tsx'
import { Toggle } from '../parts/toggle.tsx'
import { SaveButton } from '../shell/save-button.tsx'
import { chooseTheme, useTheme } from '../shell/theme.ts'
import { placeOf, works } from '../shell/vault-line.tsx'
import { Updates } from './updates.tsx'

export function Settings() {
  const status = useStatus()
  return (
    <>
      <PageHead title="Settings" about="Where keys are kept, how clients get in, how this looks." />
      <Appearance />
      {status.data === undefined ? (
        status.error ? (
          <ErrorNote error={status.error} onRetry={() => void status.refetch()} />
        ) : (
          <Bones />
        )
      ) : (
        <>
          <Vault status={status.data} />
          <Doors status={status.data} />
          <Start status={status.data} />
          <Section title="Updates">
            <Updates />
          </Section>
          <Keep />
          <About status={status.data} />
        </>
      )}
    </>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="card" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  )
}

function Appearance() {
  const theme = useTheme()
  return (
    <Section title="Appearance">
      <div className="setting">
        <div>
          <p>Colours</p>
          <p className="quiet small">Kept in this window; the system’s until you choose.</p>
        </div>
        <Choice
          label="Colours"
          value={theme}
          options={[
            { value: 'system', words: 'System', icon: 'system' },
            { value: 'light', words: 'Light', icon: 'light' },
            { value: 'dark', words: 'Dark', icon: 'dark' },
          ]}
          onChange={chooseTheme}
        />
      </div>
    </Section>
  )
}

function Vault({ status: { vault } }: { status: StatusView }) {
  return (
    <Section title="Vault">
      <div className="setting">
        <div>
          <p>Keys are in {placeOf(vault)}</p>
          {vault.why !== null && (
            <p className="quiet small">
              <Prose text={vault.why} />
            </p>
          )}
        </div>
        {works(vault) ? (
          <Badge tone="good">Open</Badge>
        ) : (
          <Badge tone="warn">{vault.state === 'locked' ? 'Locked' : 'Not there'}</Badge>
        )}
      </div>
      <p className="quiet small">
        No key is ever written anywhere else, and this window is never given one.
      </p>
      <OtherVaults />
    </Section>
  )
}

const otherVaults = {
  keychain: {
    words: 'The keychain of this computer',
    about: 'It opens with your login. Every program that runs as you may ask it, too.',
    action: 'Use the keychain…',
  },
  file: {
    words: 'A file with a passphrase',
    about: 'As safe as the passphrase is hard to guess. It is asked at each start.',
    action: 'Use a passphrase…',
  },
} as const

function OtherVaults() {
  const api = useApi()
  const choices = useQuery<Output<'vault:choices'>, ContractError>({
    queryKey: ['vault'],
    queryFn: () => api.call('vault:choices', {}),
  })
  const choose = useAct('vault:choose')
  const kinds = choices.data?.kinds ?? []
  return (
    <>
      {choices.data !== undefined && kinds.length === 0 && (
        <p className="quiet small">
          Another vault is chosen when Warder starts: <code>warder serve --vault</code>
        </p>
      )}
      {kinds.map((kind) => (
        <div key={kind} className="setting">
          <div>
            <p>{otherVaults[kind].words}</p>
            <p className="quiet small">{otherVaults[kind].about}</p>
          </div>
          <Button busy={choose.isPending} onClick={() => choose.mutate({ kind })}>
            {otherVaults[kind].action}
          </Button>
        </div>
      ))}
      <ErrorNote error={choices.error ?? choose.error} />
    </>
  )
}

function Doors({ status }: { status: StatusView }) {
  return (
    <Section title="Doors">
      <Facts
        facts={{
          'Over HTTP, with a token': <code>{visible(status.http)}</code>,
          'Sockets, one a client': <code>{visible(status.sockets)}</code>,
        }}
      />
      <p className="quiet small">
        Both are on this computer only. Whoever comes without a token or a socket of its own is
        turned away.
      </p>
    </Section>
  )
}

function Start({ status }: { status: StatusView }) {
  const lock = useAct('hold:lock')
  const screen = useAct('hold:screen')
  return (
    <Section title="Start and lock">
      <p>
        {status.shell === 'desktop'
          ? 'Warder lives in the tray: closing this window leaves it running. Quit it there.'
          : 'This Warder was started by hand or by a client’s shim, and runs until it is stopped.'}
      </p>
      <Autostart />
      <div className="setting">
        <div>
          <p>Lock</p>
          <p className="quiet small">
            Every call is refused and nothing can be seen or changed until a person unlocks it.
          </p>
        </div>
        <Button busy={lock.isPending} onClick={() => lock.mutate({})}>
          <Icon name="locked" />
          Lock now
        </Button>
      </div>
      <ErrorNote error={lock.error} />
      <Toggle
        id="lock-with-screen"
        words="Lock with the screen of this computer"
        help="Where the desktop says when that is."
        on={status.lockWithScreen}
        busy={screen.isPending}
        error={screen.error}
        onTurn={(lock) => screen.mutate({ lock })}
      />
    </Section>
  )
}

/** There where the system lets a program say so of itself. */
function Autostart() {
  const api = useApi()
  const known = useQuery<Output<'autostart:get'>, ContractError>({
    queryKey: ['autostart'],
    queryFn: () => api.call('autostart:get', {}),
  })
  const set = useAct('autostart:set')
  const on = known.data?.on ?? null
  if (on === null) return <ErrorNote error={known.error} />
  return (
    <Toggle
      id="autostart"
      words="Start with this computer"
      help="In the background, in the tray."
      on={on}
      busy={set.isPending}
      error={set.error}
      onTurn={(turned) => set.mutate({ on: turned })}
    />
  )
}

function Keep() {
  return (
    <Section title="Keep elsewhere">
      <div className="setting">
        <div>
          <p>The day this computer is gone</p>
          <p className="quiet small">
            Every access with the page where its provider takes it back. Print it, or keep it on
            another machine: no secret is in it.
          </p>
        </div>
        <SaveButton input={{ what: 'sheet' }}>Save the sheet</SaveButton>
      </div>
      <div className="setting">
        <div>
          <p>The set-up, for another computer</p>
          <p className="quiet small">
            Servers, clients, rules and settings, and the names of the secrets that they need. Taken
            over there with <code>warder setup import</code>
          </p>
        </div>
        <SaveButton input={{ what: 'setup' }}>Save the set-up</SaveButton>
      </div>
    </Section>
  )
}

function About({ status }: { status: StatusView }) {
  const [reading, setReading] = useState(false)
  return (
    <Section title="About">
      <Facts
        facts={{
          Version: `${status.version} (${status.shell})`,
          'Running for': visible(status.user),
          Started: <Time at={status.startedAt} />,
          Process: status.pid,
          Files: <code>{visible(status.home)}</code>,
          Licence: 'Apache-2.0',
        }}
      />
      <div className="card-actions">
        <Button onClick={() => setReading(true)}>Licences of what it is built of</Button>
      </div>
      {reading && <Licences onClose={() => setReading(false)} />}
    </Section>
  )
}

function Licences({ onClose }: { onClose: () => void }) {
  const api = useApi()
  const licences = useQuery<Output<'licences:get'>, ContractError>({
    queryKey: ['licences'],
    queryFn: () => api.call('licences:get', {}),
  })
  return (
    <Dialog
      title="Licences"
      wide
      onClose={onClose}
      actions={
        <Button first kind="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <ErrorNote error={licences.error} />
      {licences.data && licences.data.runtime.length > 0 && (
        <p className="quiet small">
          Those of Electron and Chromium are in{' '}
          {licences.data.runtime.map((file) => (
            <code key={file}>{visible(file)} </code>
          ))}
        </p>
      )}
      <ScrollBox label="Licences">
        {licences.data ? <pre>{licences.data.page}</pre> : <Bones count={1} />}
      </ScrollBox>
    </Dialog>
  )
}
