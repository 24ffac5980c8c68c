// Hostile tries, counted for a test file: it fails when one was accepted, or when fewer were made
// than it promises.
import { afterAll, expect } from 'vitest'

/** Counts a try; `accepted` says what came of it. */
export type Attempt = (what: string, accepted: boolean) => void

/** Prints the count at the end of the file. */
export function countAttempts(title: string, atLeast: number): Attempt {
  const accepted: string[] = []
  let made = 0
  afterAll(() => {
    console.log(`hostile attempts, ${title}: ${made}, accepted: ${accepted.length}`)
    expect(accepted).toEqual([])
    expect(made).toBeGreaterThanOrEqual(atLeast)
  })
  return (what, wasAccepted) => {
    made += 1
    if (wasAccepted) accepted.push(what)
    expect(wasAccepted, what).toBe(false)
  }
}
