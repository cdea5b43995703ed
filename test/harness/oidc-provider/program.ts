import type { IncomingMessage } from 'node:http'
import { Provider } from 'oidc-provider'
import { runProvider } from '../identity-provider/program.ts'
import { configuration } from './configuration.ts'
import { interact } from './interactions.ts'
import { programSettings } from './settings.ts'
import { registerTokenExchange } from './token-exchange.ts'

const settings = programSettings.parse(JSON.parse(process.env.PROVIDER_SETTINGS ?? '{}'))

await runProvider({
  issuerPath: '',
  create(origin) {
    const provider = new Provider(origin, configuration(settings))
    registerTokenExchange(provider, settings)
    const callback = provider.callback()
    return {
      handle(request, response, body) {
        if (request.url?.startsWith('/interaction/'))
          return interact(provider, request, response, body)
        // The stream has been read by the log; the provider takes a body that was read before it.
        const withBody: IncomingMessage & { body?: Buffer } = request
        withBody.body = body
        return callback(request, response)
      },
    }
  },
})
