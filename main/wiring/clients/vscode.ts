import path from 'node:path'
import type { WiringClient } from '../types.ts'
import { typedEntry } from './entry.ts'
import { linkJson } from './link-json.ts'
import { appFolders, settingsFolder } from './places.ts'

export const vscode = variant({
  id: 'vscode',
  title: 'VS Code',
  folder: 'Code',
  scheme: 'vscode',
  program: 'code',
  app: 'Visual Studio Code',
  windowsApp: 'Microsoft VS Code',
})

export const vscodeInsiders = variant({
  id: 'vscode-insiders',
  title: 'VS Code Insiders',
  folder: 'Code - Insiders',
  scheme: 'vscode-insiders',
  program: 'code-insiders',
  app: 'Visual Studio Code - Insiders',
  windowsApp: 'Microsoft VS Code Insiders',
})

interface Variant {
  readonly id: 'vscode' | 'vscode-insiders'
  readonly title: string
  /** In the folder of settings, and the name of its process on Windows. */
  readonly folder: string
  readonly scheme: string
  readonly program: string
  readonly app: string
  readonly windowsApp: string
}

/** The file of the default profile; each further profile has one of its own, which is not looked for. */
function variant({ id, title, folder, scheme, program, app, windowsApp }: Variant): WiringClient {
  return {
    id,
    title,
    format: 'jsonc',
    servers: ['servers'],
    userFile: (where) => path.join(settingsFolder(where), folder, 'User', 'mcp.json'),
    projectFile: '.vscode/mcp.json',
    traces: (where) => [
      path.join(settingsFolder(where), folder),
      ...appFolders(where, where.platform === 'win32' ? windowsApp : app),
    ],
    programs: [program],
    processes: [program, app, `${folder}.exe`],
    entry: typedEntry,
    homeVariable: 'userHome',
    reload: 'it reads the file by itself',
    first: {
      user: 'Start the server under "MCP: List Servers", and trust it there.',
      project: 'Start the server under "MCP: List Servers", and trust it there.',
    },
    link: (name, entry) =>
      `${scheme}:mcp/install?${encodeURIComponent(linkJson({ name, ...entry }))}`,
    ownCommand: (name, shim) => [
      program,
      '--add-mcp',
      JSON.stringify({ name, ...typedEntry(shim) }),
    ],
  }
}
