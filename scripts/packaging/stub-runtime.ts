import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/**
 * Stands in for the Electron runtime, a download of 100 MB: the files that electron-builder renames and edits, and a
 * program that holds the wire of fuses. What is made from it has the real layout and cannot be run.
 */

/** What `@electron/fuses` looks for in the program, followed by the wire's version, its length and a state for each fuse. */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
/** Electron 45 as it is delivered, in the order of the wire. */
const DELIVERED = '101100011'

const program = Buffer.concat([
  Buffer.from(`stub ${SENTINEL}`),
  Buffer.from([1, DELIVERED.length]),
  Buffer.from(`${DELIVERED} stub`),
])

/** @returns the folder, laid out as the unpacked Linux download is */
export function linuxStub(folder: string): string {
  write(path.join(folder, 'electron'), program, 0o755)
  return folder
}

/** @returns the folder, laid out as the unpacked macOS download is */
export function macStub(folder: string): string {
  const contents = path.join(folder, 'Electron.app/Contents')
  const frameworks = path.join(contents, 'Frameworks')
  writeBundle(contents, 'Electron')
  for (const kind of ['', ' (Renderer)', ' (Plugin)', ' (GPU)'])
    writeBundle(
      path.join(frameworks, `Electron Helper${kind}.app/Contents`),
      `Electron Helper${kind}`,
    )
  write(path.join(frameworks, 'Electron Framework.framework/Electron Framework'), program, 0o755)
  mkdirSync(path.join(contents, 'Resources'), { recursive: true })
  return folder
}

/** @returns the folder, with a command line that cannot be run: the real one can be made on its own system only */
export function clientStub(folder: string): string {
  write(path.join(folder, 'warder'), 'stub', 0o755)
  return folder
}

function writeBundle(contents: string, name: string): void {
  write(path.join(contents, 'MacOS', name), 'stub', 0o755)
  write(
    path.join(contents, 'Info.plist'),
    `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>CFBundleExecutable</key><string>${name}</string></dict></plist>
`,
  )
}

function write(file: string, content: string | Buffer, mode = 0o644): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, content, { mode })
}
