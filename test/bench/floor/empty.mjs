/** What starting Node costs: one line, and then it waits for its input to end. */
process.stdout.write('{"started":true}\n')
process.stdin.on('end', () => process.exit(0)).resume()
