import { editJson } from '../../store/config-edit.ts'
import { readJson } from '../../store/json-text.ts'
import type { Format } from '../types.ts'

export const json = jsonFormat(false)
export const jsonc = jsonFormat(true)

function jsonFormat(lenient: boolean): Format {
  return {
    parse: (text) => (isBlank(text) ? {} : readJson(text, lenient)),
    put: (text, at, value) =>
      isBlank(text)
        ? editJson(`${mark(text)}{}\n`, [...at], value)
        : editJson(text, [...at], value),
    remove: (text, at) => editJson(text, [...at], undefined),
  }
}

const isBlank = (text: string) => text.replace(/^\uFEFF/, '').trim() === ''
const mark = (text: string) => (text.startsWith('\uFEFF') ? '\uFEFF' : '')
