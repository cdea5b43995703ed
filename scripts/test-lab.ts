import { installPackages } from './install-packages.ts'

/** Installs the packages of the lab's second identity provider. @returns the exit code of npm */
export const installLab = (): Promise<number> =>
  installPackages('test/harness/better-auth', 'Installing the second identity provider…')
