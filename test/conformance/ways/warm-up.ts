const PREFIX = 'io.modelcontextprotocol/'

/**
 * Has the servers started that the suite is about to call: it gives a stream 600 ms, and Warder starts a local server
 * with sessions for each set of abilities that a client says it has.
 *
 * @param revision one without sessions
 */
export async function warmUp(url: string, revision: string): Promise<void> {
  for (const abilities of [{}, { elicitation: {} }]) {
    const _meta = {
      [`${PREFIX}protocolVersion`]: revision,
      [`${PREFIX}clientInfo`]: { name: 'warm-up', version: '1' },
      [`${PREFIX}clientCapabilities`]: abilities,
    }
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': revision,
        'mcp-method': 'tools/list',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta } }),
    })
    if (!answer.ok) throw new Error(`The server cannot be warmed up: ${await answer.text()}`)
    await answer.text()
  }
}
