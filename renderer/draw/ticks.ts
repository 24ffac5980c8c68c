// Round numbers for axes (1, 2, 5 times a power of ten) and how they are written.

/** At most about `count` round values inside [from, to]. */
export function linearTicks(from: number, to: number, count: number): number[] {
  const span = to - from
  if (!(span > 0) || !Number.isFinite(span)) return Number.isFinite(from) ? [from] : []
  const raw = span / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999) ?? 10) * power
  const ticks: number[] = []
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++)
    ticks.push(Number((i * step).toPrecision(12)))
  return ticks
}

const rounds = [
  0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, -1.5, 0.2, -0.2, 4, -4, 2.5, -2.5, 0.8, -0.8, 1.2, -1.2,
]

/**
 * Round values of an axis that is not even, most telling first, at least `apart` pixels from each
 * other; rising.
 */
export function spacedTicks(
  [from, to]: readonly [number, number],
  pixel: (value: number) => number,
  apart: number,
): number[] {
  const ticks: number[] = []
  for (const value of rounds) {
    if (value < from || value > to) continue
    if (ticks.every((tick) => Math.abs(pixel(tick) - pixel(value)) >= apart)) ticks.push(value)
  }
  // far into one corner no such value may be left
  return ticks.length > 0 ? ticks.sort((a, b) => a - b) : linearTicks(from, to, 4)
}

/**
 * Powers of ten inside [from, to], from > 0; with 2 and 5 between them when there is room for
 * `count`.
 */
export function logTicks(from: number, to: number, count: number): number[] {
  if (!(from > 0) || !(to > from)) return from > 0 ? [from] : []
  const decades = Math.log10(to / from)
  const factors = decades * 3 <= count ? [1, 2, 5] : [1]
  const every = Math.max(1, Math.ceil((decades + 1) / Math.max(1, count)))
  const ticks: number[] = []
  for (
    let exponent = Math.floor(Math.log10(from));
    exponent <= Math.ceil(Math.log10(to));
    exponent++
  ) {
    if (exponent % every !== 0) continue
    for (const factor of factors) {
      const value = factor * 10 ** exponent
      if (value >= from * (1 - 1e-9) && value <= to * (1 + 1e-9)) ticks.push(value)
    }
  }
  return ticks
}

/**
 * 12,000 -> "12k", 1,500,000 -> "1.5M", 2,000,000,000 -> "2e9": for axes, where room is short and
 * the values are round.
 */
export function shortNumber(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e9)
    return String(Number(value.toPrecision(4)).toExponential())
      .replace('e+', 'e')
      .replace(/^-/, '\u2212')
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(4))}M`
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(4))}k`
  if (size >= 1000)
    return `${Math.trunc(value / 1000)},${String(Math.abs(value % 1000)).padStart(3, '0')}`
  if (size !== 0 && size < 1e-3) return value.toExponential(0)
  return String(Number(value.toPrecision(4))).replace('-', '\u2212')
}

const exact = [...'012345678'].map(
  (digits) => new Intl.NumberFormat('en-US', { maximumFractionDigits: Number(digits) }),
)

/**
 * The texts of an axis, each another one: where short ones would repeat, with as many digits as it
 * takes.
 */
export function tickTexts(values: readonly number[]): string[] {
  const different = (texts: readonly string[]) => new Set(texts).size === new Set(values).size
  const short = values.map(shortNumber)
  if (different(short)) return short
  const format = exact.find((known) => different(values.map((value) => known.format(value))))
  return values.map((value) => format?.format(value).replace('-', '\u2212') ?? String(value))
}
