// From times to figures: medians over the rounds, ratios to the fastest peer, shares of the
// machine's peak.

/** Side of the square matrices whose product measures the machine's peak. */
export const GEMM_SIZE = 1024
export const GEMM_FLOPS = 2 * GEMM_SIZE ** 3

export interface Timing {
  name: string
  side: 'ours' | 'peer'
  /** Milliseconds a step, one for each round. */
  rounds: number[]
}

export interface Row {
  name: string
  side: 'ours' | 'peer'
  millisecondsPerStep: number
  imagesPerSecond: number
  /** To the fastest peer of the same table; null without a peer. Below 1 is faster. */
  ratioToFastestPeer: number | null
  /** Share of the measured matrix-product peak; null when that was not measured. */
  shareOfPeak: number | null
  rounds: number[]
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export interface Scale {
  batchSize: number
  flopsPerStep: number
  /** Milliseconds of one product of two GEMM_SIZE matrices, by round; empty when not measured. */
  gemmRounds: number[]
}

/** Fastest first. A contestant whose every round failed has no row. */
export function rowsOf(timings: Timing[], scale: Scale): Row[] {
  const timed = timings.filter(({ rounds }) => rounds.length > 0)
  const peerTimes = timed.filter(({ side }) => side === 'peer').map(({ rounds }) => median(rounds))
  const fastest = peerTimes.length > 0 ? Math.min(...peerTimes) : null
  const peak = scale.gemmRounds.length > 0 ? GEMM_FLOPS / median(scale.gemmRounds) : null // operations a millisecond
  return timed
    .map(({ name, side, rounds }) => {
      const time = median(rounds)
      return {
        name,
        side,
        millisecondsPerStep: time,
        imagesPerSecond: (1000 * scale.batchSize) / time,
        ratioToFastestPeer: fastest === null ? null : time / fastest,
        shareOfPeak: peak === null ? null : scale.flopsPerStep / time / peak,
        rounds,
      }
    })
    .sort((a, b) => a.millisecondsPerStep - b.millisecondsPerStep)
}

/** How many times faster our best is than the named row; null when either is missing. */
export function speedup(rows: Row[], over: string): number | null {
  const best = rows.find(({ side }) => side === 'ours')
  const slow = rows.find(({ name }) => name === over)
  return best && slow ? slow.millisecondsPerStep / best.millisecondsPerStep : null
}
