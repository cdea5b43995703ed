/** The counter as a local server: `counter-server.ts FILE NAME session|stateless` over stdio. */
import { createInterface } from 'node:readline'
import { answerOf } from './counter.ts'

const [, , file = '', , era] = process.argv

createInterface({ input: process.stdin }).on('line', (line) => {
  const answer = answerOf(JSON.parse(line), file, era === 'stateless' ? era : 'session')
  if (answer !== null) process.stdout.write(`${answer}\n`)
})
