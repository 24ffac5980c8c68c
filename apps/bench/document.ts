// The one document of a bench: everything measured, as --json prints it.
import { cpus, loadavg } from 'node:os'
import { flopsPerStep } from './flops.ts'
import type { ProductFigures } from './figures.ts'
import type { Race } from './race.ts'
import { GEMM_FLOPS, median, rowsOf, speedup, type Row } from './benchSummary.ts'
import type { Work } from './works.ts'

export interface WorkResult {
  work: string
  title: string
  batchSize: number
  stepsInBlock: number
  readEvery: number
  flopsPerStep: number
  /**
   * Operations a second of the matrix product, in thousand millions; null when it was not measured.
   */
  gemmGigaflops: number | null
  /** Loss read every `readEvery` steps. */
  table: Row[]
  /** Loss read at every step. */
  readingTable: Row[]
  /** Our best to the fastest peer, by table; null without peers. */
  ratio: number | null
  readingRatio: number | null
  /** How many times our best is faster than one operation at a time. */
  overEager: number | null
  contestants: {
    name: string
    versions: Record<string, string | number>
    readySeconds: number
    compileSeconds?: number
    residentBytes: number
    steps: number
    metrics: number[]
  }[]
  failures: { name: string; reason: string }[]
}

export interface BenchDocument {
  machine: {
    processor: string
    processors: number
    platform: string
    node: string
    loadBefore: number
    loadAfter: number
  }
  rounds: number
  starts: number
  works: WorkResult[]
  /**
   * The tutorial's run with everything on. wholeOverPure: its seconds over the same mode's pure
   * step time as raced above, at another moment; wholeOverSteps: over the time that its own steps
   * took.
   */
  product:
    | (ProductFigures & {
        pureSeconds: number | null
        wholeOverPure: number | null
        wholeOverSteps: number
      })
    | null
}

const MNIST = { height: 28, width: 28, channels: 1 }

export function workResult(work: Work, raced: Race): WorkResult {
  const { entries, failures, gemmRounds } = raced
  const scale = {
    batchSize: work.config.batchSize,
    flopsPerStep: flopsPerStep(work.config, MNIST),
    gemmRounds,
  }
  const table = rowsOf(entries, scale)
  const readingTable = rowsOf(
    entries.map(({ name, side, readingRounds }) => ({ name, side, rounds: readingRounds })),
    scale,
  )
  const best = (rows: Row[]) => rows.find(({ side }) => side === 'ours')?.ratioToFastestPeer ?? null
  return {
    work: work.name,
    title: work.title,
    batchSize: scale.batchSize,
    stepsInBlock: work.blockSteps,
    readEvery: work.readEvery,
    flopsPerStep: scale.flopsPerStep,
    gemmGigaflops: gemmRounds.length > 0 ? GEMM_FLOPS / median(gemmRounds) / 1e6 : null,
    table,
    readingTable,
    ratio: best(table),
    readingRatio: best(readingTable),
    overEager: speedup(table, 'eager'),
    contestants: entries.map(({ name, ready, residentBytes, steps, metrics }) => ({
      name,
      versions: ready.versions,
      readySeconds: ready.seconds,
      ...(ready.compileSeconds === undefined ? {} : { compileSeconds: ready.compileSeconds }),
      residentBytes,
      steps,
      metrics,
    })),
    failures,
  }
}

/** Beside the pure steps of the same mode and work, where those were measured. */
export function besidePure(
  figures: ProductFigures,
  works: WorkResult[],
): NonNullable<BenchDocument['product']> {
  const row = works
    .find(({ work }) => work === 'tutorial')
    ?.table.find(({ name }) => name === figures.mode)
  const pureSeconds = row ? (row.millisecondsPerStep * figures.steps) / 1000 : null
  return {
    ...figures,
    pureSeconds,
    wholeOverSteps: figures.wholeSeconds / figures.stepSeconds,
    wholeOverPure: pureSeconds === null ? null : figures.wholeSeconds / pureSeconds,
  }
}

export function machine(loadBefore: number): BenchDocument['machine'] {
  return {
    processor: cpus()[0]?.model ?? process.arch,
    processors: cpus().length,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    loadBefore,
    loadAfter: loadavg()[0]!,
  }
}
