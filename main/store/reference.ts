// Runs that somebody may have meant: names and ids at a small edit distance.

/**
 * A sentence part such as `; did you mean "beta 4" (k3m9...)`, empty when nothing is near. Newest
 * runs are given first.
 */
export function nearMisses(reference: string, known: { id: string; name: string }[]): string {
  const wanted = reference.toLowerCase().slice(0, 80)
  const limit = Math.max(1, Math.floor(wanted.length / 3))
  const near = known
    .map((run) => {
      const name = run.name.toLowerCase().slice(0, 80)
      const distance =
        wanted !== '' && name.includes(wanted)
          ? 0
          : Math.min(
              editDistance(wanted, name),
              editDistance(wanted, run.id.slice(0, wanted.length)),
            )
      return { run, distance }
    })
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
  return near.length === 0
    ? ''
    : `; did you mean ${near.map(({ run }) => `"${run.name}" (${run.id})`).join(' or ')}`
}

/** Levenshtein's distance: the fewest insertions, deletions and replacements of one character. */
export function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const here = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = above[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1)
      here.push(Math.min(replaced, above[column]! + 1, here[column - 1]! + 1))
    }
    above = here
  }
  return above[b.length]!
}
