import { deviceCodePage, deviceConfirmPage, deviceDonePage } from '../identity-provider/pages.ts'

interface Context {
  type: string
  body: string
}

/** Its own pages of RFC 8628 §3.3 load a font from the internet. */
export const deviceFlow = {
  enabled: true,
  userCodeInputSource(context: Context, form: string, _out: unknown, error?: Error) {
    show(
      context,
      deviceCodePage(form, 'op.deviceInputForm', error === undefined ? '' : told(error)),
    )
  },
  userCodeConfirmSource(
    context: Context,
    form: string,
    client: { clientName?: string; clientId: string },
    _device: unknown,
    code: string,
  ) {
    const name = client.clientName ?? client.clientId
    show(context, deviceConfirmPage(form, 'op.deviceConfirmForm', name, code))
  },
  successSource(context: Context) {
    show(context, deviceDonePage('Return to the device.'))
  },
}

const told = ({ name }: Error) =>
  name === 'AbortedError' ? 'The device was not connected.' : 'That code is not good.'

function show(context: Context, html: string): void {
  context.type = 'html'
  context.body = html
}
