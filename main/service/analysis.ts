// Questions about what a latent space holds: checked against the run and the size of an answer,
// then put to a host as latent requests are.
import {
  bytesOfDraw,
  mostClustersOf,
  mostDraws,
  mostPoints,
  type CodesChoice,
  type Points,
  type Projection,
} from '../../preload/contract/analysis.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import {
  maxAnswerBytes,
  type CheckpointChoice,
  type Provenance,
} from '../../preload/contract/latent.ts'
import type { Progress, Run, Split } from '../../preload/contract/records.ts'
import { datasetInfo } from '../datasets/index.ts'
import type { AnalysisAnswers, AnalysisKind, QuestionOf } from '../host/analyses/question.ts'
import type { Context } from './context.ts'
import { askModel, withStored } from './latentRequests.ts'
import { getRun } from './library.ts'
import { pointOf } from './questions.ts'
import { workStream, type Stream } from './stream.ts'

/** Farther out nothing is meant, and squares would overflow. */
const FARTHEST = 1e6

export interface Asked {
  run: string
  checkpoint: CheckpointChoice
}
export interface AskedCodes extends Asked {
  codes: CodesChoice
}

/** Throws as askLatent. */
function ask<K extends AnalysisKind>(
  context: Context,
  run: Run,
  { checkpoint }: Asked,
  question: QuestionOf<K>,
  signal: AbortSignal | undefined,
): Promise<AnalysisAnswers[K] & Provenance> {
  return askModel<AnalysisAnswers[K]>(
    context,
    run,
    checkpoint,
    { kind: 'analyse', question },
    signal,
  )
}

export function statistics(context: Context, input: AskedCodes, signal: AbortSignal | undefined) {
  return ask<'statistics'>(
    context,
    getRun(context, input.run),
    input,
    { kind: 'statistics', codes: input.codes },
    signal,
  )
}

export function density(
  context: Context,
  input: AskedCodes & { z: Points },
  signal: AbortSignal | undefined,
) {
  const run = getRun(context, input.run)
  return ask<'density'>(
    context,
    run,
    input,
    { kind: 'density', codes: input.codes, ...pointsOf(run, input.z) },
    signal,
  )
}

export async function nearest(
  context: Context,
  input: AskedCodes & { z: number[][]; count: number },
  signal: AbortSignal | undefined,
) {
  const run = getRun(context, input.run)
  const points = pointsOf(run, input.z)
  const pixels = pixelsOf(run)
  const most = Math.floor(maxAnswerBytes / pixels)
  if (points.count * input.count > most)
    throw tooLarge(
      `${most} images, ${points.count} points with ${input.count} neighbours each`,
      points.count * input.count * pixels,
    )
  const question: QuestionOf<'nearest'> = {
    kind: 'nearest',
    codes: input.codes,
    ...points,
    neighbours: input.count,
  }
  const answer = await ask<'nearest'>(context, run, input, question, signal)
  return answer
}

export type ImageInput =
  { kind: 'pixels'; pixels: Uint8Array } | { kind: 'split'; split: Split; index: number }

export async function explain(
  context: Context,
  input: Asked & { image: ImageInput; samples: number; seed: number },
  signal: AbortSignal | undefined,
) {
  const run = getRun(context, input.run)
  const each = bytesOfDraw(pixelsOf(run), run.config.latentSize)
  const most = Math.floor(maxAnswerBytes / each) - 2
  if (input.samples > most)
    throw tooLarge(`${most} samples, ${input.samples}`, (input.samples + 2) * each)
  const question: QuestionOf<'explain'> = {
    kind: 'explain',
    image: imageOf(run, input.image),
    samples: input.samples,
    seed: input.seed,
  }
  const answer = await ask<'explain'>(context, run, input, question, signal)
  return answer
}

export async function clusters(
  context: Context,
  input: AskedCodes & {
    method: 'prior' | 'mixture' | 'kmeans'
    k: number
    seed: number
    draws: number
    drawSeed?: number | undefined
  },
  signal: AbortSignal | undefined,
) {
  const run = getRun(context, input.run)
  const { codes, method, k, seed, draws, drawSeed = seed } = input
  const pixels = pixelsOf(run)
  const room = mostClustersOf(run.config.latentSize)
  if (method !== 'prior' && k > room)
    throw new StudioError(
      'bad-input',
      `Expected at most ${room} clusters of ${run.config.latentSize} latent dimensions, found ${k}; an answer is limited to ${maxAnswerBytes / 1024} KiB. Use fewer clusters.`,
      { limit: room },
    )
  const most = mostDraws(pixels, run.config.latentSize, method === 'prior' ? 0 : k)
  if (draws > most)
    throw new StudioError(
      'bad-input',
      `Expected at most ${most} draws of ${pixels} pixels and ${run.config.latentSize} latent dimensions, found ${draws}; an answer is limited to ${maxAnswerBytes / 1024} KiB. Use another drawSeed for more.`,
      { limit: most },
    )
  const answer = await ask<'clusters'>(
    context,
    run,
    input,
    { kind: 'clusters', codes, method, k, seed, draws, drawSeed },
    signal,
  )
  return answer
}

export type ProjectionItem =
  { kind: 'progress'; progress: Progress } | { kind: 'result'; projection: Projection }

/**
 * Of stored weights: a projection takes longer than weights in training stay as they are. Leaving
 * the iterator cancels it.
 */
export function project(
  context: Context,
  input: AskedCodes & { seed: number; neighbours: number; minimumDistance: number },
  signal: AbortSignal | undefined,
): Stream<ProjectionItem> {
  const run = getRun(context, input.run)
  const { codes, seed, neighbours, minimumDistance } = input
  const question: QuestionOf<'project'> = {
    kind: 'project',
    codes,
    seed,
    neighbours,
    minimumDistance,
  }
  return workStream(signal, async (progress, cancel) => {
    const answer = (await withStored(context, run, input.checkpoint, (model) =>
      context.viewer.ask(
        { kind: 'analyse', model, question },
        {
          signal: cancel,
          limit: context.limits.job,
          onProgress: (now) => progress({ kind: 'progress', progress: now }),
        },
      ),
    )) as AnalysisAnswers['project']
    return { kind: 'result', projection: { ...answer, run: run.id, live: false } }
  })
}

function imageOf(run: Run, image: ImageInput): QuestionOf<'explain'>['image'] {
  const info = datasetInfo(run.config.dataset)
  if (image.kind === 'split') {
    const count = info.images[image.split]
    if (image.index >= count)
      throw new StudioError(
        'bad-input',
        `Expected an image number below ${count} (the ${image.split} split), found ${image.index}.`,
      )
    return image
  }
  const expected = pixelsOf(run)
  if (image.pixels.length !== expected)
    throw new StudioError(
      'bad-input',
      `Expected ${expected} bytes (one image of ${info.width} x ${info.height} as uint8), found ${image.pixels.length}. Scale the image first.`,
    )
  return { kind: 'pixels', pixels: image.pixels }
}

// -> count x Z
function pointsOf(run: Run, points: Points): { z: Float64Array; count: number } {
  const Z = run.config.latentSize
  const count = Array.isArray(points) ? points.length : points.x.length * points.y.length
  if (count > mostPoints)
    throw new StudioError(
      'bad-input',
      `Expected at most ${mostPoints} points in one request, found ${count}. Send several requests.`,
    )
  const z = new Float64Array(count * Z)
  if (Array.isArray(points)) points.forEach((point, index) => z.set(pointOf(run, point), index * Z))
  else {
    const [origin, across, down] = [points.origin, points.across, points.down].map((point) =>
      pointOf(run, point),
    )
    let at = 0
    for (const y of points.y)
      for (const x of points.x)
        for (let d = 0; d < Z; d++) z[at++] = origin![d]! + x * across![d]! + y * down![d]!
  }
  const far = z.find((value) => !(Math.abs(value) <= FARTHEST))
  if (far !== undefined)
    throw new StudioError(
      'bad-input',
      `Expected coordinates from -${FARTHEST} to ${FARTHEST}, found ${far}. Choose a point closer to the data.`,
    )
  return { z, count }
}

function pixelsOf(run: Run): number {
  const { width, height, channels } = datasetInfo(run.config.dataset)
  return width * height * channels
}

function tooLarge(found: string, bytes: number): StudioError {
  return new StudioError(
    'bad-input',
    `Expected an answer of at most ${maxAnswerBytes / 1024} KiB, found ${found}: ${Math.ceil(bytes / 1024)} KiB. Ask for fewer at a time.`,
    { limit: maxAnswerBytes, bytes },
  )
}
