// The name of a run that nobody named: after what it was made from, and free.

/** "The tutorial's VAE", "The tutorial's VAE, changed", "The tutorial's VAE, changed 2"; "Run" without a base. */
export function proposeName(base: string, changed: boolean, taken: readonly string[]): string {
  const start = base.replace(/, changed( \d+)?$/, '').slice(0, 180) || 'Run'
  const first = changed && base !== '' ? `${start}, changed` : start
  const names = new Set(taken)
  for (let number = 1; ; number++) {
    const name = number === 1 ? first : `${first} ${number}`
    if (!names.has(name)) return name
  }
}
