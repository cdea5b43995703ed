type Environment = Readonly<Record<string, string | undefined>>

/** What a program needs to run at all. Our own environment may hold other servers' credentials, so nothing else passes. */
const passedOn = {
  posix: ['HOME', 'LANG', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'TMPDIR', 'USER'],
  windows: [
    'APPDATA',
    'COMSPEC',
    'HOMEDRIVE',
    'HOMEPATH',
    'LOCALAPPDATA',
    'PATH',
    'PATHEXT',
    'PROCESSOR_ARCHITECTURE',
    'PROGRAMDATA',
    'PROGRAMFILES',
    'SYSTEMDRIVE',
    'SYSTEMROOT',
    'TEMP',
    'TMP',
    'USERNAME',
    'USERPROFILE',
    'WINDIR',
  ],
} as const

/**
 * The whole environment of a local server: the few variables that any program needs, and what its definition injects,
 * which wins. Names are compared without case on Windows.
 *
 * @param injected resolved values, credentials among them
 */
export function childEnvironment(
  injected: Readonly<Record<string, string>>,
  ours: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  const windows = platform === 'win32'
  const same = (name: string) => (windows ? name.toUpperCase() : name)
  const allowed = new Set<string>(windows ? passedOn.windows : passedOn.posix)
  const replaced = new Set(Object.keys(injected).map(same))
  const inherited = Object.entries(ours).filter(
    ([name, value]) => value !== undefined && allowed.has(same(name)) && !replaced.has(same(name)),
  )
  // fromEntries, so that a variable named __proto__ is one like any other.
  return Object.fromEntries([...inherited, ...Object.entries(injected)]) as Record<string, string>
}
