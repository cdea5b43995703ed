import manifest from '../package.json' with { type: 'json' }

export const version: string = manifest.version

/** As npm has it; null where nobody has decided on one. */
export const repository: unknown = (manifest as { repository?: unknown }).repository ?? null
