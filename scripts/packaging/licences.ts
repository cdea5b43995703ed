import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string
        readonly license?: string
        readonly dev?: boolean
        /** Of ours, only what npm scripts run on is (ADR 1); it is not shipped. */
        readonly optional?: boolean
        /** Of a package that goes by another name here. */
        readonly name?: string
      }
    >
  >
}

/** A package that is shipped beside our own code. */
export interface Licence {
  readonly name: string
  /** The name that the registry has it by. */
  readonly registered: string
  readonly version: string
  /** As its author names it, an SPDX expression. */
  readonly licence: string
  /** The texts that it asks to come along. */
  readonly texts: readonly string[]
}

/** Development packages whose files, and no code, are in the page: the list of its code does not know them. */
const FILES_OF = ['node_modules/@fontsource-variable/inter']

/**
 * Every package that an installed Warder loads, by the lock: those that the page and the installed command line bundle are
 * listed by the build of each.
 *
 * @param root folder with package-lock.json and node_modules
 * @throws Error where a package brings no text, since most licences allow nothing without it
 */
export function shippedLicences(root: string): Licence[] {
  const lock: Lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'))
  return Object.entries(lock.packages)
    .filter(([folder, { dev = false, optional = false }]) =>
      dev || optional ? FILES_OF.includes(folder) : folder !== '',
    )
    .map(([folder, { version = '', license = '', name: registered }]) => {
      const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
      const texts = textsIn(path.join(root, folder))
      if (texts.length === 0 || license === '')
        throw new Error(`${name} ${version} has no licence that could come along.`)
      return { name, registered: registered ?? name, version, licence: license, texts }
    })
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

const textsIn = (folder: string) =>
  readdirSync(folder)
    .filter((file) => /^(?:licen[cs]e|notice|copying)/i.test(file))
    .toSorted()
    .map((file) => readFileSync(path.join(folder, file), 'utf8').trim())

/** In the form of the list that Vite writes of what it bundles. */
export const licenceText = (licences: readonly Licence[]) =>
  [
    '# Packages of the app',
    ...licences.map(
      ({ name, version, licence, texts }) =>
        `## ${name} - ${version} (${licence})\n\n${texts.join('\n\n')}`,
    ),
  ].join('\n\n')
