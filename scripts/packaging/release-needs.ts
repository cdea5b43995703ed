/** What a person has to decide before a release, and what cannot be made without it. */
export interface Need {
  readonly what: string
  readonly why: string
}

interface Manifest {
  readonly version?: string
  readonly homepage?: string
  readonly repository?: unknown
  readonly author?: string | { readonly name?: string; readonly email?: string }
}

/** @param tag of the release, `v1.2.3`; null where none is made yet */
export function releaseNeeds(manifest: Manifest, tag: string | null): Need[] {
  const { version, homepage, repository } = manifest
  return [
    homepage === undefined && {
      what: '`homepage` in package.json',
      why: 'deb and rpm name it',
    },
    emailOf(manifest) === null && {
      what: 'an address in `author` of package.json',
      why: 'deb and rpm name a maintainer who can be reached',
    },
    repository === undefined && {
      what: '`repository` in package.json',
      why: 'the app looks there for updates, and the attestations name it',
    },
    tag !== null &&
      tag !== `v${version}` && {
        what: `the tag v${version}`,
        why: `package.json has version ${version}, and the tag is ${tag}`,
      },
  ].filter((need) => need !== false)
}

function emailOf({ author }: Manifest): string | null {
  if (typeof author === 'object') return author.email ?? null
  return /<([^<>@\s]+@[^<>@\s]+)>/.exec(author ?? '')?.[1] ?? null
}
