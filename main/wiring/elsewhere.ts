/**
 * A path of another machine, in any spelling that Windows takes: only to look whether it is there would introduce this user
 * to whoever answers, and a project's file may name any.
 */
export const isElsewhere = (file: string, platform: NodeJS.Platform = process.platform): boolean =>
  platform === 'win32' && /^[\\/]{2}/.test(file)
