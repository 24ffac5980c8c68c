// The document as a person reads it.
import type { Spread } from './figures.ts'
import { bytes, count, table } from '../cli/numbers.ts'
import type { BenchDocument, WorkResult } from './document.ts'
import type { Row } from './benchSummary.ts'

export function pageOf(document: BenchDocument): string {
  const { machine, rounds, starts, works, product } = document
  const head = `${machine.processors} x ${machine.processor}, ${machine.platform}, Node ${machine.node}; medians of ${rounds} interleaved blocks in each of ${starts} starts; load ${machine.loadBefore.toFixed(1)} before, ${machine.loadAfter.toFixed(1)} after`
  return [head, ...works.flatMap(workPage), ...(product ? [productPage(product)] : [])].join('\n\n')
}

function workPage(work: WorkResult): string[] {
  const peak =
    work.gemmGigaflops === null
      ? ''
      : `; matrix product ${work.gemmGigaflops.toFixed(0)} GFLOP/s, ${(work.flopsPerStep / 1e6).toFixed(0)} MFLOP per step`
  const failures = work.failures.map(({ name, reason }) => `  left out: ${name}: ${reason}`)
  return [
    `${work.work}: ${work.title}${peak}\n${timesTable(work.table)}`,
    `${work.work}, with the loss read at every step\n${timesTable(work.readingTable)}`,
    [contestantsTable(work), verdict(work), ...failures].join('\n'),
  ]
}

function timesTable(rows: Row[]): string {
  const cells = rows.map((row) => [
    row.name,
    row.millisecondsPerStep.toFixed(3),
    count(row.imagesPerSecond),
    row.ratioToFastestPeer === null ? '' : row.ratioToFastestPeer.toFixed(2),
    row.shareOfPeak === null ? '' : `${(100 * row.shareOfPeak).toFixed(0)} %`,
  ])
  return table(['', 'ms/step', 'img/s', 'to fastest peer', 'of peak'], cells, [1, 2, 3, 4])
}

function contestantsTable(work: WorkResult): string {
  const cells = work.contestants.map((one) => [
    one.name,
    one.readySeconds.toFixed(1),
    one.compileSeconds === undefined ? '' : one.compileSeconds.toFixed(1),
    bytes(one.residentBytes),
    count(one.steps),
    ...one.metrics.map((value) => value.toFixed(2)),
  ])
  return table(
    ['', 'ready s', 'compile s', 'peak memory', 'steps', 'reconstruction', 'KL', 'objective'],
    cells,
    [1, 2, 3, 4, 5, 6, 7],
  )
}

function verdict(work: WorkResult): string {
  const ratio =
    work.ratio === null || work.readingRatio === null
      ? ''
      : `our fastest mode relative to the fastest peer: ${work.ratio.toFixed(2)} (with every loss read: ${work.readingRatio.toFixed(2)})`
  const eager = work.overEager === null ? '' : `${work.overEager.toFixed(1)} times as fast as eager`
  return [ratio, eager].filter((text) => text !== '').join('; ')
}

function productPage(product: NonNullable<BenchDocument['product']>): string {
  const pure =
    product.pureSeconds === null || product.wholeOverPure === null
      ? ''
      : `, raced steps ${product.pureSeconds.toFixed(2)} s: ${product.wholeOverPure.toFixed(2)} times`
  return [
    `The tutorial's run, stored, evaluated and framed (${product.mode}, ${count(product.steps)} steps)`,
    `  start to first metric  ${product.secondsToFirstMetric.toFixed(2)} s, of which compiling ${product.compileSeconds.toFixed(2)} s`,
    `  first step to end      ${product.wholeSeconds.toFixed(2)} s, its steps ${product.stepSeconds.toFixed(2)} s: ${product.wholeOverSteps.toFixed(2)} times${pure}`,
    `  between the steps      ${(100 * product.storingShare).toFixed(2)} % of their time in a long run, for metrics, checkpoints and controls`,
    `  pause or resume        ${spread(product.control)}, at full speed`,
    `  live decode            ${spread(product.decode)}, at full speed`,
  ].join('\n')
}

const spread = ({ median, p95, most }: Spread): string =>
  `${median.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms, most ${most.toFixed(0)} ms`
