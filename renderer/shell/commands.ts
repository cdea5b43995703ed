import { useAct, useListing, useStatus } from '../api/queries.ts'
import { visible } from '../parts/format.ts'
import type { IconName } from '../parts/icon.tsx'
import { useDoing } from './doing.tsx'
import { goTo, pages, titles } from './route.ts'
import { chooseTheme, type Theme, themes, useTheme } from './theme.ts'

/** One line of the command palette. */
export interface Command {
  id: string
  label: string
  icon: IconName
  run: () => void
}

export interface CommandGroup {
  value: string
  items: Command[]
}

const themeWords: Record<Theme, string> = {
  system: 'Colours as the system has them',
  light: 'Light colours',
  dark: 'Dark colours',
}

/** Every page and every action that the window has, in groups. */
export function useCommands(): CommandGroup[] {
  const { begin } = useDoing()
  const { data: status } = useStatus()
  const servers = useListing('servers:list').data ?? []
  const accounts = useListing('accounts:list').data ?? []
  const clients = useListing('clients:list').data ?? []
  const wirings = useListing('wiring:list').data ?? []
  const resume = useAct('stop:resume')
  const pause = useAct('hold:pause')
  const endPause = useAct('hold:resume')
  const lock = useAct('hold:lock')
  const theme = useTheme()

  const go: Command[] = pages.map((page) => ({
    id: `go ${page}`,
    label: `Go to ${titles[page]}`,
    icon: page,
    run: () => goTo(page),
  }))
  const make: Command[] = [
    {
      id: 'add server',
      label: 'Add a server',
      icon: 'plus',
      run: () => begin({ what: 'add-server' }),
    },
    {
      id: 'add client',
      label: 'Add a client',
      icon: 'plus',
      run: () => begin({ what: 'add-client' }),
    },
    status?.stopped === null || status === undefined
      ? { id: 'stop', label: 'Stop everything', icon: 'stop', run: () => begin({ what: 'stop' }) }
      : { id: 'resume', label: 'Resume', icon: 'again', run: () => resume.mutate({}) },
  ]
  const hold: Command[] = [
    status?.paused === null || status === undefined
      ? { id: 'pause', label: 'Pause all calls', icon: 'held', run: () => pause.mutate({}) }
      : { id: 'end pause', label: 'End the pause', icon: 'again', run: () => endPause.mutate({}) },
    { id: 'lock', label: 'Lock Warder', icon: 'locked', run: () => lock.mutate({}) },
  ]
  const atServers = servers.flatMap(({ name, auth }): Command[] => [
    ...(auth === 'oauth' || auth === 'service'
      ? [
          {
            id: `connect ${name}`,
            label: `Connect ${name}`,
            icon: 'key' as const,
            run: () => begin({ what: 'connect', server: name }),
          },
        ]
      : []),
    {
      id: `look ${name}`,
      label: `Look at ${name}: test, tools, log`,
      icon: 'servers',
      run: () => goTo('servers', name),
    },
    {
      id: `remove server ${name}`,
      label: `Remove the server ${name}`,
      icon: 'remove',
      run: () => begin({ what: 'remove-server', server: name }),
    },
  ])
  const atAccounts = accounts.flatMap((account): Command[] => [
    {
      id: `why ${account.account}`,
      label: `Why is ${visible(account.account)} as it is`,
      icon: 'info',
      run: () => begin({ what: 'why', account }),
    },
    ...(account.kind === 'person'
      ? [
          {
            id: `step up ${account.account}`,
            label: `Ask for more for ${visible(account.account)}`,
            icon: 'key' as const,
            run: () => begin({ what: 'step-up', account }),
          },
        ]
      : []),
    {
      id: `revoke ${account.account}`,
      label: `Revoke ${visible(account.account)}`,
      icon: 'denied',
      run: () => begin({ what: 'revoke', account }),
    },
  ])
  const atWirings = wirings
    .filter(({ installed, wired }) => installed || wired !== null)
    .map(({ client, title, wired }): Command => {
      const action = wired === 'wired' ? ('unwire' as const) : ('wire' as const)
      return {
        id: `${action} ${client}`,
        label: `${action === 'wire' ? 'Wire' : 'Unwire'} ${title}`,
        icon: 'clients',
        run: () => begin({ what: 'wire', client, title, action }),
      }
    })
  const atClients = clients.flatMap(({ name }): Command[] => [
    {
      id: `renew client ${name}`,
      label: `A new token for ${name}`,
      icon: 'key',
      run: () => begin({ what: 'renew-client', client: name }),
    },
    {
      id: `remove client ${name}`,
      label: `Remove the client ${name}`,
      icon: 'remove',
      run: () => begin({ what: 'remove-client', client: name }),
    },
  ])
  const look = themes
    .filter((one) => one !== theme)
    .map(
      (one): Command => ({
        id: `theme ${one}`,
        label: themeWords[one],
        icon: one,
        run: () => chooseTheme(one),
      }),
    )
  return [
    { value: 'Pages', items: go },
    { value: 'Do', items: [...make, ...hold] },
    { value: 'Servers', items: atServers },
    { value: 'Accounts', items: atAccounts },
    { value: 'Clients', items: [...atWirings, ...atClients] },
    { value: 'Look', items: look },
  ].filter(({ items }) => items.length > 0)
}
