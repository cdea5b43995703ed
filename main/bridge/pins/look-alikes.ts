/** Letters by the ASCII sign that they are drawn like (Unicode TR 39, the ones that whole words can be written with). */
const DRAWN_LIKE: Readonly<Record<string, string>> = {
  a: 'аαɑ',
  b: 'ь',
  c: 'сϲ',
  d: 'ԁ',
  e: 'еє',
  g: 'ɡ',
  h: 'һ',
  i: 'іιı',
  j: 'јϳ',
  k: 'кκ',
  l: 'I1|ӏІΙӀ',
  m: 'м',
  n: 'пη',
  o: '0OоοОΟօ',
  p: 'рρ',
  q: 'ԛ',
  r: 'г',
  s: 'ѕ',
  t: 'тτ',
  u: 'υս',
  v: 'ѵν',
  w: 'ԝω',
  x: 'хχ',
  y: 'уγ',
  A: 'АΑ',
  B: 'ВΒ',
  C: 'С',
  E: 'ЕΕ',
  H: 'НΗ',
  J: 'Ј',
  K: 'КΚ',
  M: 'МΜ',
  N: 'Ν',
  P: 'РΡ',
  S: 'Ѕ',
  T: 'ТΤ',
  X: 'ХΧ',
  Y: 'УΥ',
  Z: 'Ζ',
}

const LIKE = new Map(
  Object.entries(DRAWN_LIKE).flatMap(([ascii, others]) =>
    Array.from(others, (other) => [other, ascii] as const),
  ),
)

/** One text for all names that are drawn alike: without accents, `0` as `o`, `I` and `1` as `l`, `rn` as `m`. */
export const drawn = (name: string) =>
  Array.from(name.normalize('NFKD').replace(/\p{M}/gu, ''), (one) => LIKE.get(one) ?? one)
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')

/** Two names that a reader takes for one. The same name, or one that differs by capitals, hides nothing. */
export const looksLike = (one: string, other: string) =>
  one.toLowerCase() !== other.toLowerCase() && drawn(one) === drawn(other)
