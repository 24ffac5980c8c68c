// Hands vitest's results to `npm test`: every test once, files that did not load and errors outside
// tests as failures.
import { relative } from 'node:path'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { writeOutcomes, type Outcome } from './testOutcome.ts'

export default class VitestReporter implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly { message?: string }[],
  ): void {
    const outcomes: Outcome[] = []
    for (const module of modules) {
      for (const test of module.children.allTests()) outcomes.push(outcomeOf(test))
      const file = relative(process.cwd(), module.moduleId)
      for (const error of module.errors())
        outcomes.push({ state: 'failed', title: `${file}: ${error.message}` })
      for (const suite of module.children.allSuites()) {
        for (const error of suite.errors())
          outcomes.push({ state: 'failed', title: `${file} ${suite.fullName}: ${error.message}` })
      }
    }
    for (const error of unhandledErrors)
      outcomes.push({ state: 'failed', title: `outside every test: ${error.message ?? 'error'}` })
    writeOutcomes(outcomes)
  }
}

function outcomeOf(test: TestCase): Outcome {
  const title = `${relative(process.cwd(), test.module.moduleId)} ${test.fullName}`
  const result = test.result()
  if (result.state === 'passed') return { state: 'passed', title }
  if (result.state === 'skipped') return { state: 'skipped', title, reason: result.note ?? '' }
  return { state: 'failed', title }
}
