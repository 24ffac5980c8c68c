// Numbers, times and tables as the command line shows them.
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** 12,345 */
export function count(value: number): string {
  return whole.format(value)
}

/** A loss in nats: two decimals, more where it is small. */
export function nats(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Math.abs(value) >= 1e6) return value.toExponential(2)
  return Math.abs(value) >= 1 || value === 0 ? value.toFixed(2) : value.toPrecision(3)
}

/** Seconds as 0:07, 12:30 or 1:02:03. */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds))
  const [hours, minutes, rest] = [
    Math.floor(total / 3600),
    Math.floor(total / 60) % 60,
    String(total % 60).padStart(2, '0'),
  ]
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}

/** How long something took: 0.3 s below ten seconds, then as `duration`. */
export function took(seconds: number): string {
  return seconds < 9.95 ? `${seconds.toFixed(seconds < 0.1 ? 2 : 1)} s` : duration(seconds)
}

/** Bytes in the largest fitting unit of 1,024. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, value < 1 ? 0 : Math.floor(Math.log2(value) / 10))
  return `${(value / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}

/** How long ago, roughly. */
export function ago(milliseconds: number): string {
  const minutes = milliseconds / 60_000
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${Math.floor(minutes)} min ago`
  return minutes < 48 * 60
    ? `${Math.floor(minutes / 60)} h ago`
    : `${Math.floor(minutes / 1440)} d ago`
}

/** The shortest decimal that reads back as the same float32. */
export function float32(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits))
    if (Math.fround(text) === value) return String(text)
  }
  return String(Number(value.toPrecision(9)))
}

/** Columns as wide as their widest cell; `right` names the columns of numbers. */
export function table(header: string[], rows: string[][], right: number[] = []): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: string[]) =>
    cells
      .map((cell, column) =>
        right.includes(column)
          ? cell.padStart(widths[column] ?? 0)
          : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [header, ...rows].map(line).join('\n')
}

/** Names and values under each other. */
export function pairs(entries: [name: string, value: string][]): string {
  const width = Math.max(...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n')
}
