import { nameSchema } from '../../store/references.ts'

/** `github-github-token` says nothing twice, and has at most 32 characters. */
export function secretName(
  server: string,
  slot: string,
  taken: { has(name: string): boolean },
): string {
  const own = warderName(slot)
  const whole = own.startsWith(server) ? own : `${server.slice(0, 15)}-${own}`
  const short = whole.slice(0, 32).replace(/-+$/, '')
  for (let number = 2; ; number++) {
    const name = number === 2 ? short : `${short.slice(0, 29)}-${number - 1}`
    if (!taken.has(name)) return name
  }
}

/** Any name as config.json has names. */
export function warderName(text: string): string {
  const name = text
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 32)
    .replace(/-+$/, '')
  return nameSchema.safeParse(name).success ? name : 'server'
}
