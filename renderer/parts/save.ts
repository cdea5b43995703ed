/** Gives the browser a file to keep. */
export function save(name: string, parts: readonly Blob[]): void {
  const url = URL.createObjectURL(new Blob([...parts]))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
