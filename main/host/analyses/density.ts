// How likely points are under the prior and under the aggregate posterior, and how likely its own
// draws are.
import { aggregateLogDensity, drawAggregate, priorLogDensity } from '../../engine/aggregate.ts'
import { aggregateLogDensities } from '../../engine/aggregateProduct.ts'
import { sortedQuantiles } from '../../engine/latentStatistics.ts'
import { getBackend } from '../../engine/tf.ts'
import { derived, type Codes } from './codes.ts'
import type { AnalysisAnswers, QuestionOf } from './question.ts'
import type { Subject } from './subject.ts'

/** Draws whose densities say what is usual. */
const DRAWS = 2000
const LEVELS = [0.01, 0.5]
/** Products of one stretch between two breaths: some 10 to 20 ms. */
const STRETCH = 3e6
/**
 * From so many points and dimensions on, matrix products are faster than loops that stop early: on
 * the native backend.
 */
const [MANY_POINTS, MANY_DIMENSIONS] = [64, 8]
const pause = () => new Promise<void>((resolve) => setImmediate(resolve))

export async function density(
  { codes: choice, z, count }: QuestionOf<'density'>,
  subject: Subject,
): Promise<AnalysisAnswers['density']> {
  const codes = await subject.codes(choice)
  const [rare, usual] = await derived(codes, 'levels', () => levelsOf(codes))
  const posterior = await logDensities(codes, z, count, subject.breathe)
  return {
    step: codes.step,
    images: codes.count,
    prior: [...priorLogDensity(z, codes.latentSize)],
    posterior: [...posterior],
    rare: rare!,
    usual: usual!,
  }
}

// Seeded with 0: the levels belong to the codes, not to a question.
async function levelsOf(codes: Codes): Promise<number[]> {
  const draws = drawAggregate(codes.aggregate, DRAWS, 0)
  return sortedQuantiles((await logDensities(codes, draws, DRAWS, pause)).sort(), LEVELS)
}

async function logDensities(
  { aggregate }: Codes,
  z: Float64Array,
  count: number,
  breathe: () => Promise<void>,
): Promise<Float64Array> {
  if (
    count >= MANY_POINTS &&
    aggregate.latentSize >= MANY_DIMENSIONS &&
    getBackend() === 'tensorflow'
  )
    return aggregateLogDensities(aggregate, z, breathe)
  const logs = new Float64Array(count)
  const stretch = Math.max(1, Math.floor(STRETCH / (aggregate.count * aggregate.latentSize)))
  for (let first = 0; first < count; first += stretch) {
    aggregateLogDensity(aggregate, z, first, Math.min(count, first + stretch), logs)
    await breathe()
  }
  return logs
}
