const PLAIN_NAME = /^[\p{L}\p{M}\p{N}_.-]{1,128}$/u
/** Most names are such, and two searches less is much at every call. */
const ASCII_NAME = /^[\w.-]{1,128}$/
const LATIN = /\p{Script=Latin}/u
/** Scripts that are written beside Latin letters and do not look like them. */
const NOT_BESIDE_LATIN =
  /[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u

/**
 * Whether a name says which tool it means to a person, a rule and a client alike. The protocol wishes for ASCII letters,
 * digits, `_`, `.` and `-` (MCP 2025-11-25, Tools, Tool Names). Letters of other languages are taken as well, but no other
 * signs (paths, spaces, what cannot be seen), no second spelling of the same name, and no mix of scripts that look alike.
 */
export const isPlainToolName = (name: string) =>
  ASCII_NAME.test(name) ||
  (isReadableToolName(name) &&
    PLAIN_NAME.test(name) &&
    name.normalize('NFKC') === name &&
    !(LATIN.test(name) && NOT_BESIDE_LATIN.test(name)))

/**
 * Whether a person can be shown the name at all and decide about it: nothing in it is invisible or moves what stands around
 * it (controls, ANSI sequences, bidirectional overrides), and clients take names of its length.
 */
export const isReadableToolName = (name: string) =>
  ASCII_NAME.test(name) ||
  /^[^\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]{1,128}$/u.test(name)
