import type { IncomingMessage } from 'node:http'
import {
  deviceCodePage,
  deviceConfirmPage,
  deviceDonePage,
  loginPage,
} from '../identity-provider/pages.ts'
import type { Lab } from './auth.ts'

export const isDevicePage = ({ pathname }: URL) => pathname.startsWith('/device')

/** better-auth has endpoints for RFC 8628 §3.3 and no pages: code, what it is for, who says so. */
export async function devicePage(lab: Lab, request: IncomingMessage, url: URL): Promise<string> {
  const code = url.searchParams.get('user_code')
  if (code === null) return codePage('')
  const asked = await ask(lab, request, url, `/device?${new URLSearchParams({ user_code: code })}`)
  if (!asked.ok) return codePage('That code is not good.')
  if (url.pathname !== '/device/decide')
    return deviceConfirmPage(form('/device/decide', code), 'device', lab.deviceClient(code), code)
  const cookie = request.headers.cookie ?? ''
  if ((await lab.auth.api.getSession({ headers: new Headers({ cookie }) })) === null)
    return loginPage({ action: '/api/auth/sign-in/email' }, comeBack)
  const mine = url.searchParams.get('abort') === null
  const decided = await ask(lab, request, url, mine ? '/device/approve' : '/device/deny', {
    userCode: code,
  })
  if (!decided.ok) return codePage('That code is not good.')
  return deviceDonePage(mine ? 'Return to the device.' : 'The device was not connected.')
}

const codePage = (message: string) =>
  deviceCodePage(form('/device/confirm', null), 'device', message)

/** @param code the one to carry along; null: the person types it */
const form = (action: string, code: string | null) =>
  `<form id="device" method="get" action="${action}">${
    code === null
      ? '<input name="user_code" required>'
      : `<input type="hidden" name="user_code" value="${encodeURIComponent(code)}">`
  }</form>`

function ask(
  lab: Lab,
  request: IncomingMessage,
  { origin }: URL,
  path: string,
  body?: object,
): Promise<Response> {
  const headers = { cookie: request.headers.cookie ?? '', origin }
  const post = { method: 'POST', body: JSON.stringify(body) }
  return lab.auth.handler(
    new Request(`${origin}/api/auth${path}`, {
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      ...(body !== undefined && post),
    }),
  )
}

const comeBack = `
  const form = document.querySelector('form')
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const data = new FormData(form)
    const response = await fetch(form.action, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: data.get('email'), password: data.get('password') }),
    })
    if (response.ok) location.reload()
    else document.querySelector('h1').after('Refused.')
  })`
