// What one check or test came to, in one form for all runners; the reporters of vitest and
// Playwright write a list of these to the file named by LATENT_TEST_REPORT, and `npm test` adds
// them up.
import { readFileSync, writeFileSync } from 'node:fs'

export type Outcome =
  | { state: 'passed'; title: string }
  | { state: 'failed'; title: string }
  | { state: 'skipped'; title: string; reason: string }

/** Called by a reporter when its runner has ended. */
export function writeOutcomes(outcomes: Outcome[]): void {
  const path = process.env.LATENT_TEST_REPORT
  if (path !== undefined) writeFileSync(path, JSON.stringify(outcomes))
}

/**
 * The outcomes a runner left at `path`. A runner that left none, or that ended in failure without
 * naming a failed test (an error outside every test, a crash), counts as one failure, and so does a
 * skip without a reason: silence is never success.
 */
export function readOutcomes(path: string, runner: string, exitCode: number): Outcome[] {
  let outcomes: Outcome[]
  try {
    outcomes = (JSON.parse(readFileSync(path, 'utf8')) as Outcome[]).map(withReason)
  } catch {
    return [{ state: 'failed', title: `${runner} ended with code ${exitCode} and no report` }]
  }
  const named = outcomes.some((outcome) => outcome.state === 'failed')
  if (exitCode !== 0 && !named)
    outcomes.push({ state: 'failed', title: `${runner} ended with code ${exitCode}` })
  if (outcomes.length === 0) outcomes.push({ state: 'failed', title: `${runner} found no test` })
  return outcomes
}

function withReason(outcome: Outcome): Outcome {
  if (outcome.state !== 'skipped' || outcome.reason.trim() !== '') return outcome
  return { state: 'failed', title: `${outcome.title}: skipped without a reason` }
}

/** The last line of `npm test`. */
export function summaryLine(outcomes: Outcome[]): string {
  const count = (state: Outcome['state']) =>
    outcomes.filter((outcome) => outcome.state === state).length
  const skipped = count('skipped')
  return `${count('passed')} passed, ${count('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
