import type { FormPart, TokenForm } from '../../main/detector/match-forms.ts'

const ALPHABET = [...'7aQ3xK9bVt2mR5cZ8dH1fW6gJ0pLsNyEuTiXoCvBnGqMkDwFjPhYzSlArUeO4I/+=._-~@:']

/** A token of a form, as short as it may be but for what is not distinct below 24 characters. */
export function example([, ...parts]: TokenForm): string {
  return parts.map((part, index) => written(part, index)).join('')
}

function written(part: FormPart, index: number): string {
  if (typeof part === 'string') return part
  const [characters, least] = part
  const all = ALPHABET.filter((one) => new RegExp(`[${characters}]`).test(one))
  const sure = all.filter((one) => /\w/.test(one))
  const set = sure.length > 0 ? sure : all
  return Array.from({ length: least }, (_, at) => set[(at * 7 + index) % set.length]).join('')
}
