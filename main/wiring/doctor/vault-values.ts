import { lookAt } from '../client-file.ts'
import type { ClientFile, ConfiguredServer } from '../types.ts'
import { isObject } from '../values.ts'
import { aboutServer, type Finding, finding } from './finding.ts'

/** Says which values of the vault a text holds, by their names. */
export type LabelsIn = (text: string) => readonly string[]

/** Values of Warder's vault in the files of clients, wherever they stand and however they are encoded. */
export function vaultFindings(files: readonly ClientFile[], labelsIn: LabelsIn): Finding[] {
  return files.flatMap((file) => {
    const now = lookAt(file.file)
    if (now.state !== 'there') return []
    const text = now.bytes.toString('utf8')
    const all = new Set(labelsIn(text))
    if (all.size === 0) return []
    const inServers = file.servers.flatMap((server) =>
      textsIn(server).flatMap(({ where, text: value }) =>
        labelsIn(value).map((label) => {
          all.delete(label)
          return told(aboutServer(server), where, label)
        }),
      ),
    )
    const { client, file: path } = file
    const elsewhere = [...all].map((label) =>
      told({ client, file: path, server: null }, lineOf(text, label, labelsIn), label),
    )
    return [...inServers, ...elsewhere]
  })
}

/** True where any text of the server holds a value of the vault. */
export const holdsVaultValue = (server: ConfiguredServer, labelsIn: LabelsIn): boolean =>
  textsIn(server).some(({ text }) => labelsIn(text).length > 0)

const told = (about: Parameters<typeof finding>[1], where: string | null, label: string): Finding =>
  finding(
    'doctor.vault_value',
    about,
    where,
    `What Warder's vault keeps as ${label} stands in this file as well, in a form that anybody can read.`,
  )

function lineOf(text: string, label: string, labelsIn: LabelsIn): string | null {
  const at = text.split('\n').findIndex((line) => labelsIn(line).includes(label))
  return at === -1 ? null : `line ${at + 1}`
}

interface Text {
  readonly where: string
  readonly text: string
}

function textsIn({ raw, name }: ConfiguredServer): Text[] {
  return [{ where: 'the name', text: name }, ...leaves(raw, [])]
}

function leaves(value: unknown, at: readonly string[]): Text[] {
  if (typeof value === 'string') return [{ where: inWords(at), text: value }]
  if (Array.isArray(value))
    return value.flatMap((one, index) => leaves(one, [...at, String(index + 1)]))
  if (!isObject(value) || at.length > 6) return []
  return Object.entries(value).flatMap(([name, member]) => [
    { where: inWords(at), text: name },
    ...leaves(member, [...at, name]),
  ])
}

function inWords([top = '', ...below]: readonly string[]): string {
  const rest = below.join('.')
  if (/^envs?$/.test(top) && rest !== '') return `environment variable ${rest}`
  if (/^(?:http_)?headers$/.test(top) && rest !== '') return `header ${rest}`
  if (top === 'args' && rest !== '') return `argument ${rest}`
  if (/^(?:httpUrl|url|serverUrl|uri)$/.test(top)) return 'URL'
  return `setting ${[top, ...below].join('.')}`
}
