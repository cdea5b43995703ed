/** Calls back with each line of a stream. Only what is new is searched: a line may be 50 MB in a thousand pieces. */
export function eachLine(stream, onLine) {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk) => {
    let from = 0
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      const line = rest + chunk.slice(from, end)
      rest = ''
      from = end + 1
      if (line !== '') onLine(line)
    }
    rest += chunk.slice(from)
  })
}
