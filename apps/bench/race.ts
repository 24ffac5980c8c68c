// One work: all contestants are started, then take turns block by block (A B C A B C ...), so that whatever else the
// machine does meets all of them alike.
import { startContestant, type Answer, type Contestant, type Ready } from './contestant.ts'
import { gemmInvocation, type Entrant } from './entrants.ts'
import type { Timing } from './summary.ts'
import type { Work } from './works.ts'

export interface Entry extends Timing {
  ready: Ready
  /** Milliseconds a step with the loss read at every step. */
  readingRounds: number[]
  /** After the last block of the first table: reconstruction, kl, objective, and after how many steps. */
  metrics: [number, number, number]
  steps: number
  residentBytes: number
}

export interface Race {
  entries: Entry[]
  failures: { name: string; reason: string }[]
  gemmRounds: number[]
}

const START_SECONDS = 600
/** A contestant so many times slower than the fastest takes part in the first round only. */
const TOO_SLOW = 40
const PAUSE_MILLISECONDS = 200
const GEMM_PRODUCTS = 20

/** rounds: of blocks for each of the two tables. */
export async function race(work: Work, entrants: Entrant[], rounds: number, say: (text: string) => void): Promise<Race> {
  const failures: Race['failures'] = []
  const running = new Map<Entry, Contestant>()
  const gemmRounds: number[] = []
  const fail = (name: string) => (error: unknown) => {
    failures.push({ name, reason: error instanceof Error ? error.message : String(error) })
    return null
  }
  for (const { name, side, invocation } of entrants) {
    say(`${work.name}: starting ${name}`)
    const contestant = await startContestant(invocation, START_SECONDS).catch(fail(name))
    if (contestant) running.set(freshEntry(name, side, contestant.ready), contestant)
  }
  const gemm = await startContestant(gemmInvocation, START_SECONDS).catch(fail('matrix product'))
  const entries = [...running.keys()]
  try {
    for (const reading of [false, true]) {
      for (let round = 0; round < rounds; round++) {
        for (const [entry, contestant] of running) {
          if (isTooSlow(entry, entries)) continue
          say(`${work.name}: round ${round + 1} of ${rounds}${reading ? ', every loss read' : ''}: ${entry.name}`)
          const answer = await contestant.go(work.blockSteps, reading ? 1 : work.readEvery, START_SECONDS).catch(fail(entry.name))
          if (answer) take(entry, answer, work.blockSteps, reading)
          else running.delete(entry)
          await pause()
        }
        const product = await gemm?.go(GEMM_PRODUCTS, GEMM_PRODUCTS, START_SECONDS)
        if (product) gemmRounds.push(product.milliseconds / GEMM_PRODUCTS)
      }
    }
  } finally {
    await Promise.all([...running.values(), ...(gemm ? [gemm] : [])].map((contestant) => contestant.end()))
  }
  return { entries, failures, gemmRounds }
}

const freshEntry = (name: string, side: Entry['side'], ready: Ready): Entry => ({
  name,
  side,
  ready,
  rounds: [],
  readingRounds: [],
  metrics: [NaN, NaN, NaN],
  steps: 0,
  residentBytes: 0,
})

function take(entry: Entry, answer: Answer, steps: number, reading: boolean): void {
  ;(reading ? entry.readingRounds : entry.rounds).push(answer.milliseconds / steps)
  entry.residentBytes = answer.residentBytes
  if (reading) return // one step's metrics say little
  entry.metrics = answer.metrics
  entry.steps += steps
}

function isTooSlow(entry: Entry, entries: Entry[]): boolean {
  const first = entry.rounds[0]
  if (first === undefined) return false
  const fastest = Math.min(...entries.flatMap(({ rounds }) => rounds.slice(0, 1)))
  return first > TOO_SLOW * fastest
}

// Threads of the one before spin for a while after their last work.
function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, PAUSE_MILLISECONDS))
}
