/** What `xdg-open` runs in the lab: `SOCKET ARGUMENTS…`. Hands its own argument vector, as bytes, to the test. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

const socket = process.argv[2] ?? ''
// The kernel's copy, since Node decodes process.argv and a wrong byte would not be seen.
const vector = readFileSync('/proc/self/cmdline')
const connection = connect({ path: socket, allowHalfOpen: true })
connection.end(vector)
process.exitCode = Number(await text(connection))
