// Hands Playwright's results to `npm test`: every test once, errors outside tests as failures.
import { relative } from 'node:path'
import type { FullConfig, Reporter, Suite, TestCase, TestError } from '@playwright/test/reporter'
import { writeOutcomes, type Outcome } from './testOutcome.ts'

export default class PlaywrightReporter implements Reporter {
  #suite: Suite | undefined
  readonly #errors: Outcome[] = []

  onBegin(_config: FullConfig, suite: Suite): void {
    this.#suite = suite
  }

  onError(error: TestError): void {
    this.#errors.push({ state: 'failed', title: `outside every test: ${error.message ?? 'error'}` })
  }

  onEnd(): void {
    writeOutcomes([...(this.#suite?.allTests() ?? []).map(outcomeOf), ...this.#errors])
  }

  printsToStdio(): boolean {
    return false
  }
}

function outcomeOf(test: TestCase): Outcome {
  const title = `${relative(process.cwd(), test.location.file)} ${test.title}`
  const outcome = test.outcome()
  if (outcome === 'expected') return { state: 'passed', title }
  if (outcome !== 'skipped') return { state: 'failed', title }
  const skip = test.annotations.find(
    (annotation) => annotation.type === 'skip' || annotation.type === 'fixme',
  )
  // a test that Playwright never started (its group broke before it) was not skipped by anybody: it
  // failed
  return skip === undefined
    ? { state: 'failed', title }
    : { state: 'skipped', title, reason: skip.description ?? '' }
}
