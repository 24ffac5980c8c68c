// The last line of `npm test`, and that nothing which went wrong can hide from it.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readOutcomes, summaryLine, type Outcome } from '../../apps/testing/testOutcome.ts'

const folder = mkdtempSync(join(tmpdir(), 'latent-outcome-'))
const passed: Outcome = { state: 'passed', title: 'a' }
const failed: Outcome = { state: 'failed', title: 'b' }
const skipped: Outcome = { state: 'skipped', title: 'c', reason: 'no GPU' }

function report(outcomes: Outcome[]): string {
  const path = join(folder, 'report.json')
  writeFileSync(path, JSON.stringify(outcomes))
  return path
}

describe('summaryLine', () => {
  it('counts, and names skipped tests only where there are some', () => {
    expect(summaryLine([passed, passed, failed])).toBe('2 passed, 1 failed')
    expect(summaryLine([passed, skipped])).toBe('1 passed, 0 failed, 1 skipped')
  })
})

describe('readOutcomes', () => {
  it('takes a report as it is', () => {
    expect(readOutcomes(report([passed, skipped]), 'vitest', 0)).toEqual([passed, skipped])
    expect(readOutcomes(report([passed, failed]), 'vitest', 1)).toEqual([passed, failed])
  })

  it('counts a skip without a reason as a failure', () => {
    const silent: Outcome = { state: 'skipped', title: 'd', reason: ' ' }
    const outcomes = readOutcomes(report([passed, silent, skipped]), 'vitest', 0)
    expect(outcomes[1]).toEqual({ state: 'failed', title: 'd: skipped without a reason' })
    expect(summaryLine(outcomes)).toBe('1 passed, 1 failed, 1 skipped')
  })

  it('counts a crash, a silent failure and an empty run as one failure each', () => {
    expect(summaryLine(readOutcomes(join(folder, 'absent.json'), 'vitest', 0))).toBe(
      '0 passed, 1 failed',
    )
    expect(summaryLine(readOutcomes(report([passed]), 'vitest', 1))).toBe('1 passed, 1 failed')
    expect(summaryLine(readOutcomes(report([]), 'vitest', 0))).toBe('0 passed, 1 failed')
  })
})
