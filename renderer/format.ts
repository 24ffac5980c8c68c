// Numbers as people read them, always with their unit. All of them use one locale, so a copied
// screen reads the same everywhere; figures are set in tabular digits by the class `figures`.
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })
const date = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})
const fixed = [0, 1, 2, 3, 4].map(
  (digits) =>
    new Intl.NumberFormat('en-US', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }),
)

/** 4200 -> "4,200". */
export function count(value: number): string {
  return whole.format(value)
}

/**
 * A loss without its unit: one decimal from 10 up, two from 1 up, three below; "NaN" and "∞" are
 * said, not hidden.
 */
export function loss(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞'
  const size = Math.abs(value)
  if (size >= 1e9) return value.toExponential(1).replace('e+', 'e').replace('-', '−')
  if (size >= 1e6) return compact.format(value).replace('-', '−')
  const digits = size >= 10 || value === 0 ? 1 : size >= 1 ? 2 : 3
  return (fixed[digits] ?? whole).format(value).replace('-', '−')
}

/** 102.43 -> "102.4 nats" (per image). */
export function nats(value: number | null | undefined): string {
  return `${loss(value)} nats`
}

/** A number with a fixed count of decimals, with a true minus sign. */
export function decimal(value: number, digits = 2): string {
  return (fixed[Math.min(4, Math.max(0, digits))] ?? whole).format(value).replace('-', '−')
}

/** 0.0005 -> "5e-4", 0.25 -> "0.25": a setting's value, short and exact. */
export function setting(value: number): string {
  if (Number.isInteger(value)) return whole.format(value)
  if (value !== 0 && Math.abs(value) < 1e-3)
    return value.toExponential().replace('e-', 'e−').replace('-', '−')
  return String(value)
}

export function steps(value: number): string {
  return `${whole.format(value)} ${value === 1 ? 'step' : 'steps'}`
}

/** Seconds -> "0.4 s", "12 s", "2 min 5 s", "1 h 3 min". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–'
  if (seconds < 9.95) return `${(fixed[1] ?? whole).format(seconds)} s`
  const total = Math.round(seconds)
  if (total < 60) return `${total} s`
  if (total < 3600) return `${Math.floor(total / 60)} min ${total % 60} s`
  if (total < 86_400) return `${Math.floor(total / 3600)} h ${Math.floor((total % 3600) / 60)} min`
  return `${Math.floor(total / 86_400)} d ${Math.floor((total % 86_400) / 3600)} h`
}

/** A time that is only roughly known: "1 s", "40 s", "3 min", "1 h 20 min". */
export function roughly(seconds: number): string {
  const round = (value: number, to: number) => Math.max(to, Math.round(value / to) * to)
  if (seconds < 10) return `${round(seconds, 1)} s`
  if (seconds < 57.5) return `${round(seconds, 5)} s`
  const minutes = seconds / 60
  if (minutes < 10) return `${round(minutes, 1)} min`
  if (minutes < 57.5) return `${round(minutes, 5)} min`
  const tens = round(minutes, 10)
  if (tens >= 24 * 60) return `${round(minutes / 60, 1)} h`
  return `${Math.floor(tens / 60)} h${tens % 60 > 0 ? ` ${tens % 60} min` : ''}`
}

/** Bytes in decimal units: "38.1 MB". */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let unit = 0
  let size = value
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000
    unit++
  }
  return `${unit === 0 || size >= 100 ? whole.format(size) : (fixed[1] ?? whole).format(size)} ${units[unit]}`
}

/** Images a second: "12,300 img/s"; a dash before the first measurement. */
export function rate(imagesPerSecond: number): string {
  return imagesPerSecond > 0 ? `${whole.format(imagesPerSecond)} img/s` : '–'
}

export function percent(part: number, total: number): string {
  return total > 0 ? `${Math.floor((100 * part) / total)} %` : '–'
}

/** How long ago, from milliseconds since 1970: "now", "4 min", "3 h", "2 d", then the date. */
export function age(at: number, now: number): string {
  const seconds = Math.max(0, (now - at) / 1000)
  if (seconds < 60) return 'now'
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`
  if (seconds < 14 * 86_400) return `${Math.floor(seconds / 86_400)} d`
  return date.format(at).replace(/,.*/, '')
}

/** Date and time in full, for titles. */
export function moment(at: number): string {
  return date.format(at)
}
