/** The fastest that a Node server on stdio can be. */
import { answer } from './echo.mjs'
import { eachLine } from './lines.mjs'

eachLine(process.stdin, (line) => {
  const message = answer(JSON.parse(line))
  if (message !== null) process.stdout.write(`${JSON.stringify(message)}\n`)
})
process.stdin.on('end', () => process.exit(0))
