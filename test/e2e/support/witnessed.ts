/** Loaded into a local server before the server itself: holds a socket to the test for as long as the process lives. */
import { connect } from 'node:net'

const socket = connect(new URL(import.meta.url).searchParams.get('socket') ?? '')
socket.on('error', () => {})
socket.write(`${process.pid}\n`)
// The server ends when it wants to; the socket keeps nobody.
socket.unref()
