// The shown classes as the address has them: "0.3.7", nothing for all.

export function classesOf(text: string | null): ReadonlySet<number> | null {
  return text === null ? null : new Set(text.split('.').map(Number))
}

export function textOf(classes: readonly number[] | null): string | null {
  return classes ? classes.toSorted((a, b) => a - b).join('.') : null
}
