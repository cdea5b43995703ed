import { KEYCHAIN_SERVICE, type KeychainAnswer, type KeychainRequest } from './keychain-protocol.ts'

/**
 * The child process that holds keytar. It may hang in a prompt or crash in native code, and its parent ends it then;
 * it decides nothing. Never `findCredentials` or `findPassword`: the first crashes on a locked keyring, the second may
 * answer with somebody else's item.
 */
interface Port {
  onMessage(listener: (message: unknown) => void): void
  send(answer: KeychainAnswer): void
}

/** Electron's `process.parentPort`, described here because this room does not know Electron. */
interface ParentPort {
  on(event: 'message', listener: (event: { data: unknown }) => void): void
  postMessage(message: unknown): void
}

function openPort(): Port {
  const parentPort = (process as { parentPort?: ParentPort }).parentPort
  if (parentPort)
    return {
      onMessage: (listener) => parentPort.on('message', ({ data }) => listener(data)),
      send: (answer) => parentPort.postMessage(answer),
    }
  // Without a parent there is nobody to work for. SIGKILL, because an exit waits for a thread that hangs in a prompt.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  return {
    onMessage: (listener) => void process.on('message', listener),
    send: (answer) => void process.send?.(answer),
  }
}

async function carryOut(request: KeychainRequest): Promise<string | boolean | null> {
  // Loaded at the first request and not before: where libsecret is missing this is an answer, not a crash.
  const { default: keytar } = await import('keytar').catch((cause) => {
    throw new LoadFailure('keytar could not be loaded', { cause })
  })
  switch (request.operation) {
    case 'get':
      return keytar.getPassword(KEYCHAIN_SERVICE, request.account)
    case 'set':
      await keytar.setPassword(KEYCHAIN_SERVICE, request.account, request.text)
      return null
    case 'delete':
      return keytar.deletePassword(KEYCHAIN_SERVICE, request.account)
  }
}

class LoadFailure extends Error {}

async function answer(request: KeychainRequest): Promise<KeychainAnswer> {
  try {
    return { id: request.id, result: await carryOut(request) }
  } catch (error) {
    return {
      id: request.id,
      failure: {
        stage: error instanceof LoadFailure ? 'load' : 'call',
        reason: error instanceof Error ? error.message : '',
      },
    }
  }
}

// Ctrl-C and the service manager's SIGTERM reach this process together with its parent, which may still have an
// operation to finish. It goes when the parent goes.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

const port = openPort()
port.onMessage(async (message) => port.send(await answer(message as KeychainRequest)))
