/** @returns what was asked for; wrong usage ends the process with 2 and says why */
export function usage<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(2)
  }
}
