import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** `node scripts/run-packaged-client.ts`: runs the installed command line out of the app that was packaged for this system. */
const root = path.dirname(import.meta.dirname)
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
const found = globSync(
  [
    'release/*-unpacked/resources/bin/warder{,.exe}',
    'release/mac*/Warder.app/Contents/Resources/bin/warder',
  ],
  { cwd: root },
)
if (found.length === 0) throw new Error('No app was packaged.')
for (const client of found) {
  const said = execFileSync(path.join(root, client), ['--version'], { encoding: 'utf8' }).trim()
  if (said !== version) throw new Error(`${client} says ${said} and not ${version}.`)
  console.log(`ok   ${client} ${said}`)
}
