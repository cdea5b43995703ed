import path from 'node:path'
import type { Mood } from './tray-menu.ts'

/** macOS colours a template image itself, so there the shape alone says it. */
export function iconFile(directory: string, mood: Mood, platform = process.platform): string {
  return path.join(directory, `tray-${mood}${platform === 'darwin' ? 'Template' : ''}.png`)
}
