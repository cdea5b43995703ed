import { basic, proxyOfEnvironment, type WebProxy } from '../net/proxy.ts'
import type { ProxySettings } from '../store/config-schema.ts'
import type { KnownSecrets } from '../vault/known-secrets.ts'
import type { NamedSecrets, SecretBinding } from '../vault/secrets.ts'
import { quote, quoteAll } from './servers.ts'

/** What a proxy's password is bound to: the proxy that a person approved it for. */
const bindingOf = ({ url }: ProxySettings): SecretBinding => ({
  server: 'settings:proxy',
  destination: `proxy:${new URL(url).origin}`,
})

const passwordOf = ({ password }: ProxySettings): string | null =>
  password?.slice('secret:'.length) ?? null

/** The proxy of `config.json` as far as it is approved, else that of the environment, as they are when it is asked for. */
export function createProxySource(options: {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly settings: () => ProxySettings | undefined
  readonly secrets: NamedSecrets
  readonly knownSecrets: KnownSecrets
}): () => WebProxy | null {
  const { env, settings, secrets, knownSecrets } = options
  const remember = (value: string) => knownSecrets.add('proxy password', value)
  return () => {
    const set = settings()
    if (set === undefined) return proxyOfEnvironment(env, remember)
    return {
      url: new URL(set.url),
      bypass: set.bypass,
      async authorization() {
        const name = passwordOf(set)
        if (set.username === undefined && name === null) return null
        const password = name === null ? '' : await secrets.read(name, bindingOf(set))
        const value = basic(set.username ?? '', password)
        // The pair in its encoding is as good as the password.
        remember(value.slice('Basic '.length))
        return value
      },
    }
  }
}

/** What a secret has to be bound to, to be this proxy's password; null where it is not. */
export function proxyBinding(
  proxy: ProxySettings | undefined,
  secret: string,
): SecretBinding | null {
  return proxy !== undefined && passwordOf(proxy) === secret ? bindingOf(proxy) : null
}

/** Ties the password to the proxy; a person has agreed to that. @throws WarderError `secret.unknown`, `vault.*` */
export async function bindProxyPassword(
  proxy: ProxySettings | undefined,
  secrets: Pick<NamedSecrets, 'bind'>,
): Promise<void> {
  const name = proxy && passwordOf(proxy)
  if (proxy && name) await secrets.bind(name, bindingOf(proxy))
}

/** The proxy in plain lines for the person who is asked about it: whatever differs between two of them differs here. */
export function describeProxy(proxy: ProxySettings): string[] {
  const { url, username, bypass } = proxy
  const password = passwordOf(proxy)
  return [
    `everything that leaves this machine goes through ${quote(url)}`,
    'it learns the name of every host, and nothing of what is said',
    ...(username === undefined ? [] : [`it knows Warder as ${quote(username)}`]),
    ...(password === null ? [] : [`it gets the secret ${password}`]),
    ...(bypass.length === 0 ? [] : [`but not to ${quoteAll(bypass)}`]),
  ]
}
