// The prior, a Gaussian mixture and K-means as samplers of one latent space: what they find in the
// codes, how well it agrees with labels, and decoded draws of each.
import { carriesCovariances } from '../../../preload/contract/analysis.ts'
import { priorLogDensity } from '../../engine/aggregate.ts'
import { clusterLabels } from '../../engine/clusterLabels.ts'
import { greyBytes } from '../../engine/grey.ts'
import { decodePoints, priorPoints } from '../../engine/latentQueries.ts'
import { purity } from '../../engine/kmeans.ts'
import { drawMixture } from '../../engine/mixture.ts'
import type { Codes } from './codes.ts'
import type { Fit } from './fitting.ts'
import { latentRows, rounded } from './numbers.ts'
import type { AnalysisAnswers, QuestionOf } from './question.ts'
import type { Subject } from './subject.ts'
import { fitInThread } from './analysisThread.ts'
import { together } from './together.ts'

type Answer = AnalysisAnswers['clusters']
type Found = Pick<Answer, 'clusters' | 'purity' | 'score'> & {
  points: Float32Array
  drawnFrom: number[]
}

export async function clusters(
  question: QuestionOf<'clusters'>,
  subject: Subject,
): Promise<Answer> {
  const codes = await subject.codes(question.codes, true) // draws are decoded by the same weights
  const { width, height, channels } = subject.model.image
  const { points, ...found } =
    question.method === 'prior' ? priorOf(codes, question) : await fitted(codes, question, subject)
  const count = points.length / codes.latentSize
  return {
    step: codes.step,
    method: question.method,
    images: codes.count,
    latentSize: codes.latentSize,
    ...found,
    draws: latentRows(points, codes.latentSize),
    count,
    width,
    height,
    channels,
    pixels: count > 0 ? greyBytes(decodePoints(subject.model, points, count)) : new Uint8Array(0),
  }
}

function priorOf(codes: Codes, { drawSeed, draws }: QuestionOf<'clusters'>): Found {
  const logs = priorLogDensity(Float64Array.from(codes.mean), codes.latentSize)
  return {
    clusters: [],
    purity: null,
    score: { name: 'log-likelihood', value: logs.reduce((sum, log) => sum + log, 0) / codes.count },
    points: priorPoints(drawSeed, draws, codes.latentSize),
    drawnFrom: [],
  }
}

async function fitted(
  codes: Codes,
  question: QuestionOf<'clusters'>,
  subject: Subject,
): Promise<Found> {
  const { method, k, seed } = question
  const { latentSize } = codes
  const kind = method === 'mixture' ? 'mixture' : 'kmeans'
  const fit = await together(codes, `${kind} ${k} ${seed}`, subject.cancelled, (cancelled) =>
    fitInThread({ kind, points: Float64Array.from(codes.mean), latentSize, k, seed }, cancelled),
  )
  const ofLabels = clusterLabels(fit.assignments, codes.labels, k)
  return {
    clusters: ofLabels.map(({ label, purity: share, points }, c) => ({
      images: points,
      ...clusterOf(fit, c, latentSize, points / codes.count, k),
      label,
      purity: share,
    })),
    purity: codes.labels ? purity(fit.assignments, codes.labels) : null,
    score:
      fit.kind === 'kmeans'
        ? { name: 'inertia', value: fit.inertia }
        : { name: 'log-likelihood', value: fit.meanLogLikelihood },
    ...drawsOf(fit, question),
  }
}

function clusterOf(
  fit: Fit,
  c: number,
  Z: number,
  share: number,
  k: number,
): { weight: number; centre: number[]; covariance?: number[] } {
  if (fit.kind === 'kmeans')
    return { weight: share, centre: short(fit.centres.subarray(c * Z, (c + 1) * Z)) }
  const { weights, means, covariances } = fit.mixture
  const covariance = carriesCovariances(k, Z)
    ? { covariance: short(covariances.subarray(c * Z * Z, (c + 1) * Z * Z)) }
    : {}
  return { weight: weights[c]!, centre: short(means.subarray(c * Z, (c + 1) * Z)), ...covariance }
}

function drawsOf(
  fit: Fit,
  { k, drawSeed, draws }: QuestionOf<'clusters'>,
): { points: Float32Array; drawnFrom: number[] } {
  if (fit.kind === 'mixture') {
    const drawn = drawMixture(fit.mixture, draws, drawSeed)
    return { points: Float32Array.from(drawn.draws), drawnFrom: [...drawn.components] }
  }
  const count = Math.min(k, draws)
  const Z = fit.centres.length / k
  return {
    points: Float32Array.from(fit.centres.subarray(0, count * Z)),
    drawnFrom: Array.from({ length: count }, (_, c) => c),
  }
}

// Finer than anything drawn.
const short = (values: Float64Array) => rounded(values, 5)
