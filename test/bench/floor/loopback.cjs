/** Preloaded into programs that listen everywhere: here they listen on 127.0.0.1 only. */
const { Server } = require('node:net')

const { listen } = Server.prototype

Server.prototype.listen = function listenHere(...args) {
  const [first, second, ...rest] = args
  if (first !== null && typeof first === 'object' && 'port' in first)
    return listen.call(this, { ...first, host: '127.0.0.1' }, second, ...rest)
  const isPort = typeof first === 'number' || /^\d+$/.test(first)
  if (!isPort) return listen.apply(this, args)
  const others = typeof second === 'string' ? rest : [second, ...rest]
  return listen.call(this, Number(first), '127.0.0.1', ...others)
}
