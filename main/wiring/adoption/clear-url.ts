import { type Obstacle, obstacle } from './staying.ts'

/** A URL without its credentials, and what is sent in their place. */
interface Apart {
  readonly url: string
  /** Values, not references yet. */
  readonly headers: Readonly<Record<string, string>>
  /** Values of parameters that were taken out of the query. */
  readonly query: Readonly<Record<string, string>>
}

/**
 * What stands before the host becomes the header that clients make of it (RFC 7617 §2); a parameter that holds a credential
 * is put back by Warder when it sends; what is behind `#` is never sent. A path stays as it is, so a credential in it has no
 * other place.
 *
 * @param headers that it has already
 */
export function withoutCredentials(
  text: string,
  headers: Readonly<Record<string, string>>,
  judge: {
    named(name: string, value: string): boolean
    alone(value: string): boolean
  },
): Apart | Obstacle {
  const url = URL.parse(text)
  if (url === null) return { url: text, headers: {}, query: {} }
  if (url.pathname.split('/').some((segment) => segment !== '' && judge.alone(decoded(segment))))
    return obstacle('stays.url_path')
  const { username, password } = url
  const hasUser = username !== '' || password !== ''
  if (hasUser && Object.keys(headers).some((name) => name.toLowerCase() === 'authorization'))
    return obstacle('stays.url_unclear')
  const parts = url.search.slice(1).split('&')
  const query: Record<string, string> = {}
  const kept: string[] = []
  for (const part of parts) {
    const [[name = '', value = ''] = []] = [...new URLSearchParams(part)]
    if (name === '' || !judge.named(name, value)) kept.push(part)
    // Of two with one name nobody can say which one counts, or whether both do.
    else if (Object.hasOwn(query, name)) return obstacle('stays.url_unclear')
    else query[name] = value
  }
  if (!hasUser && Object.keys(query).length === 0 && url.hash === '')
    return judge.alone(text) ? obstacle('stays.url_path') : { url: text, headers: {}, query }
  url.username = ''
  url.password = ''
  url.hash = ''
  url.search = kept.join('&')
  const pair = `${decoded(username)}:${decoded(password)}`
  if (judge.alone(url.href)) return obstacle('stays.url_path')
  return {
    url: url.href,
    headers: hasUser ? { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` } : {},
    query,
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
