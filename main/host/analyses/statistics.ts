// Statistics of the codes: which dimensions are in use, where they lie, along which directions they
// vary.
import { quantileLevels } from '../../../preload/contract/analysis.ts'
import { activeVariance } from '../../../preload/contract/health.ts'
import {
  classMeans,
  columnQuantiles,
  columnVariances,
  meanKlPerDimension,
} from '../../engine/latentStatistics.ts'
import { covarianceOf, eigenOf } from '../../engine/principal.ts'
import { derived, type Codes } from './codes.ts'
import { rounded } from './numbers.ts'
import type { AnalysisAnswers, QuestionOf } from './question.ts'
import type { Subject } from './subject.ts'

const MOST_COMPONENTS = 16
const pause = () => new Promise<void>((resolve) => setImmediate(resolve))

export async function statistics(
  question: QuestionOf<'statistics'>,
  subject: Subject,
): Promise<AnalysisAnswers['statistics']> {
  const codes = await subject.codes(question.codes)
  return derived(codes, 'statistics', async () => {
    // KL and active units are those of the run's own validations and evaluations, which show
    // binarised pixels
    const grey = subject.model.config.binarisation === 'grey'
    return statisticsOf(
      codes,
      grey ? codes : await subject.codes(question.codes, true, 'evaluated'),
    )
  })
}

async function statisticsOf(
  { step, count, latentSize: Z, mean: table, labels }: Codes,
  evaluated: Codes,
): Promise<AnalysisAnswers['statistics']> {
  const { mean, covariance } = await covarianceOf(table, Z, pause)
  const variances = Array.from({ length: Z }, (_, d) => covariance[d * Z + d]!)
  const { values, vectors } = await eigenOf(covariance, Z, pause)
  const quantiles: number[][] = []
  for (let d = 0; d < Z; d++) {
    quantiles.push(short(columnQuantiles(table, Z, d, quantileLevels)))
    await pause()
  }
  const kept = Math.min(MOST_COMPONENTS, Z)
  return {
    step,
    images: count,
    latentSize: Z,
    klPerDimension: short(meanKlPerDimension(evaluated.mean, evaluated.logVariance, Z)),
    active: Array.from(columnVariances(evaluated.mean, Z), (variance) => variance > activeVariance),
    mean: short(mean),
    deviation: short(variances.map((variance) => Math.sqrt(variance))),
    quantiles,
    classes: labels
      ? classMeans(table, Z, labels).map((one) => ({ ...one, mean: short(one.mean) }))
      : [],
    principal: {
      components: Array.from({ length: kept }, (_, i) =>
        short(vectors.subarray(i * Z, (i + 1) * Z)),
      ),
      variances: Array.from(values.subarray(0, kept), (value) => Math.max(0, value)), // rounding may leave -1e-18
      totalVariance: variances.reduce((sum, variance) => sum + variance, 0),
    },
  }
}

// What tables and charts show; all digits of 1,024 dimensions would be more than an answer may be.
const short = (values: ArrayLike<number>) => rounded(values, 6)
