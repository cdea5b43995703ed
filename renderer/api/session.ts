const key = 'warder-session'

/**
 * The bearer of this window. The page that answers a login carries it in a meta element; it is moved to sessionStorage,
 * which no other tab and no restart sees, and the login's address leaves the history, so that a reload is a plain GET.
 */
export function takeBearer(): string | undefined {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="warder-session"]')
  meta?.remove()
  if (meta?.content) {
    sessionStorage.setItem(key, meta.content)
    history.replaceState(null, '', '/')
  }
  return sessionStorage.getItem(key) ?? undefined
}

export function dropBearer(): void {
  sessionStorage.removeItem(key)
}
