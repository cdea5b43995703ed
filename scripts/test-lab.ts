import { installPackages } from './install-packages.ts'

/** Installs the packages of the lab's second identity provider. @returns the exit code of npm */
export const installLab = (): Promise<number> =>
  installPackages('test/harness/better-auth', 'Installing the second identity provider…')

/** Installs the clients that people have, most of a gigabyte, for the long tier. @returns the exit code of npm */
export const installClientPrograms = (): Promise<number> =>
  installPackages('test/harness/client-programs', 'Installing the clients of other makers…')

/** Installs what the fake tray speaks to a real panel with, for the long tier. @returns the exit code of npm */
export const installTrayHost = (): Promise<number> =>
  installPackages('test/harness/tray-host', 'Installing what a panel is spoken to with…')
