import { visible } from './format.ts'

/** What providers mean by the names that many of them share. */
const known: Record<string, string> = {
  openid: 'know who you are',
  email: 'see your e-mail address',
  profile: 'see your name and picture',
  offline_access: 'stay signed in while you are away',
  repo: 'read and change your repositories',
  'read:user': 'read your profile',
  'user:email': 'see your e-mail addresses',
  read: 'read',
  write: 'change things',
  admin: 'administer',
}

const verbs: Record<string, string> = {
  read: 'read',
  readonly: 'read',
  view: 'see',
  list: 'list',
  write: 'change',
  create: 'create',
  update: 'change',
  edit: 'change',
  delete: 'delete',
  admin: 'administer',
  manage: 'manage',
  send: 'send',
}

/**
 * What a scope probably allows, in words; null where nothing can be guessed from its name. Only the provider knows for
 * certain, so the name itself is always shown beside it.
 */
export function scopeInWords(scope: string): string | null {
  const exact = known[scope]
  if (exact !== undefined) return exact
  const last = URL.canParse(scope) ? (scope.split('/').at(-1) ?? '') : scope
  const parts = last.split(/[:._/-]/).filter((part) => part !== '')
  const verb = parts.find((part) => Object.hasOwn(verbs, part.toLowerCase()))
  const rest = parts.filter((part) => part !== verb).join(' ')
  if (verb === undefined || rest === '') return null
  return `${verbs[verb.toLowerCase()]} ${rest}`
}

/** Scopes as a person reads them, each with the name that the provider gives it. */
export function Scopes({ scopes, none }: { scopes: readonly string[]; none: string }) {
  if (scopes.length === 0) return <span className="quiet">{none}</span>
  return (
    <ul className="scopes">
      {scopes.map((scope) => {
        const words = scopeInWords(scope)
        return (
          <li key={scope}>
            {words !== null && words !== scope && <span>{visible(words)} </span>}
            <code>{visible(scope)}</code>
          </li>
        )
      })}
    </ul>
  )
}
