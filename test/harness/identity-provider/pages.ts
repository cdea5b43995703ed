/** The pages a person sees at a provider of the lab: the same words at each, so that one walk fits all. */

export interface LoginForm {
  readonly action: string
  readonly message?: string
}

export interface ConsentForm {
  readonly action: string
  readonly client: string
  readonly account: string
  readonly scopes: readonly string[]
}

/** @param script runs in the page, for providers whose endpoints take JSON and not forms */
export function loginPage(form: LoginForm, script = ''): string {
  return page(
    'Sign in',
    `<form method="post" action="${escapeHtml(form.action)}">
      <p role="alert">${escapeHtml(form.message ?? '')}</p>
      <p><label>E-mail <input name="email" type="email" required autocomplete="username"></label></p>
      <p><label>Password <input name="password" type="password" required autocomplete="current-password"></label></p>
      <p><button type="submit">Sign in</button></p>
    </form>`,
    script,
  )
}

/** One checkbox a scope: a person may grant less than was asked (RFC 6749 §3.3). */
export function consentPage(form: ConsentForm, script = ''): string {
  const boxes = form.scopes.map(
    (scope) =>
      `<li><label><input type="checkbox" name="scope" value="${escapeHtml(scope)}" checked> ${escapeHtml(scope)}</label></li>`,
  )
  return page(
    'Allow access',
    `<form method="post" action="${escapeHtml(form.action)}">
      <p><strong>${escapeHtml(form.client)}</strong> asks for access as ${escapeHtml(form.account)}:</p>
      <ul>${boxes.join('')}</ul>
      <p>
        <button type="submit" name="decision" value="allow">Allow</button>
        <button type="submit" name="decision" value="deny">Deny</button>
      </p>
    </form>`,
    script,
  )
}

/** @param form the provider's own, whose only input is the code */
export function deviceCodePage(form: string, formId: string, message: string): string {
  return page(
    'Connect a device',
    `<p role="alert">${escapeHtml(message)}</p>${form}
    <p><button type="submit" form="${formId}">Continue</button></p>`,
  )
}

/** What a person compares before they agree (RFC 8628 §3.3.1). */
export function deviceConfirmPage(form: string, formId: string, client: string, code: string) {
  return page(
    'Confirm the device',
    `<p><strong>${escapeHtml(client)}</strong> shows the code <code>${escapeHtml(code)}</code>?</p>${form}
    <p>
      <button type="submit" form="${formId}">Continue</button>
      <button type="submit" form="${formId}" name="abort" value="yes">This is not mine</button>
    </p>`,
  )
}

export const deviceDonePage = (message: string) => page('Device connected', `<p>${message}</p>`)

export function errorPage(message: string): string {
  return page('Something went wrong', `<p role="alert">${escapeHtml(message)}</p>`)
}

function page(title: string, body: string, script = ''): string {
  return `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>${escapeHtml(title)}</title><link rel="icon" href="data:,"></head>
  <body><h1>${escapeHtml(title)}</h1>${body}${script && `<script type="module">${script}</script>`}</body>
</html>`
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
