// One work: all contestants are started, then take turns block by block (A B C A B C ...), so that
// whatever else the machine does meets all of them alike. All of it several times with fresh
// processes: where a process happens to lie in memory makes it some per cent faster or slower for
// as long as it lives.
import { startContestant, type Answer, type Contestant, type Ready } from './contestant.ts'
import { gemmInvocation, type Entrant } from './entrants.ts'
import type { Timing } from './benchSummary.ts'
import type { Work } from './works.ts'

export interface Entry extends Timing {
  ready: Ready
  /** Milliseconds a step with the loss read at every step. */
  readingRounds: number[]
  /**
   * After the last block of the first table: reconstruction, kl, objective, and after how many
   * steps.
   */
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

export interface Heats {
  /** How often all contestants are started anew, one after the other. */
  starts: number
  /** Blocks of each process for each of the two tables. */
  rounds: number
}

export async function race(
  work: Work,
  entrants: Entrant[],
  heats: Heats,
  say: (text: string) => void,
): Promise<Race> {
  const raced: Race = { entries: [], failures: [], gemmRounds: [] }
  for (let start = 1; start <= heats.starts; start++) {
    const sayHere = (text: string) =>
      say(`${work.name}: start ${start} of ${heats.starts}, ${text}`)
    const running = await started(
      start === 1 ? entrants : entrants.filter(({ name }) => keepsUp(name, raced)),
      raced,
      sayHere,
    )
    const gemm = await startContestant(gemmInvocation, START_SECONDS).catch(
      failing(raced, 'matrix product'),
    )
    try {
      for (const reading of [false, true]) {
        for (let round = 1; round <= heats.rounds; round++) {
          sayHere(`round ${round} of ${heats.rounds}${reading ? ', every loss read' : ''}`)
          await takeTurns(work, running, raced, reading)
          const product = await gemm?.go(GEMM_PRODUCTS, GEMM_PRODUCTS, START_SECONDS)
          if (product) raced.gemmRounds.push(product.milliseconds / GEMM_PRODUCTS)
        }
      }
    } finally {
      await Promise.all(
        [...running.values(), ...(gemm ? [gemm] : [])].map((contestant) => contestant.end()),
      )
    }
  }
  return raced
}

async function started(
  entrants: Entrant[],
  raced: Race,
  say: (text: string) => void,
): Promise<Map<Entry, Contestant>> {
  const running = new Map<Entry, Contestant>()
  for (const { name, side, invocation } of entrants) {
    say(`starting ${name}`)
    const contestant = await startContestant(invocation, START_SECONDS).catch(failing(raced, name))
    if (!contestant) continue
    let entry = raced.entries.find((known) => known.name === name)
    if (!entry) raced.entries.push((entry = freshEntry(name, side, contestant.ready)))
    entry.steps = 0 // every process begins anew
    running.set(entry, contestant)
  }
  return running
}

async function takeTurns(
  work: Work,
  running: Map<Entry, Contestant>,
  raced: Race,
  reading: boolean,
): Promise<void> {
  for (const [entry, contestant] of running) {
    if (isTooSlow(entry, raced.entries)) continue
    const every = reading ? 1 : work.readEvery
    const answer = await contestant
      .go(work.blockSteps, every, START_SECONDS)
      .catch(failing(raced, entry.name))
    if (answer) take(entry, answer, work.blockSteps, reading)
    else running.delete(entry)
    await pause()
  }
}

const failing = (raced: Race, name: string) => (error: unknown) => {
  raced.failures.push({ name, reason: error instanceof Error ? error.message : String(error) })
  return null
}

function keepsUp(name: string, { entries }: Race): boolean {
  const entry = entries.find((known) => known.name === name)
  return entry !== undefined && !isTooSlow(entry, entries)
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
