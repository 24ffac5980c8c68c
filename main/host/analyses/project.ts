// The UMAP plane of the posterior means.
import { StudioError } from '../../../preload/contract/errors.ts'
import { mostProjected } from '../../../preload/contract/analysis.ts'
import type { AnalysisAnswers, QuestionOf } from './question.ts'
import type { Subject } from './subject.ts'
import { layoutInThread } from './analysisThread.ts'
import { together } from './together.ts'

export async function project(
  question: QuestionOf<'project'>,
  subject: Subject,
): Promise<AnalysisAnswers['project']> {
  const { seed, neighbours, minimumDistance } = question
  const codes = await subject.codes(question.codes)
  if (codes.count <= neighbours)
    throw new StudioError(
      'bad-input',
      `Expected more images than neighbours (${neighbours}), found ${codes.count}. Use more images or fewer neighbours.`,
    )
  if (codes.count > mostProjected)
    throw new StudioError(
      'bad-input',
      `Expected at most ${mostProjected} images for a UMAP plane, found ${codes.count}. Choose fewer images.`,
      { most: mostProjected },
    )
  subject.progress({ stage: 'Finding neighbours', done: 0, total: 1, unit: '' })
  const task = {
    kind: 'layout' as const,
    latentSize: codes.latentSize,
    seed,
    neighbours,
    minimumDistance,
  }
  const positions = await together(
    codes,
    `layout ${seed} ${neighbours} ${minimumDistance}`,
    subject.cancelled,
    (cancelled, progress) =>
      layoutInThread({ ...task, points: Float64Array.from(codes.mean) }, cancelled, progress),
    (done, total) => subject.progress({ stage: 'Computing the layout', done, total, unit: '' }),
  )
  return {
    step: codes.step,
    images: codes.count,
    positions: Array.from(positions, (value) => Math.round(value * 1000) / 1000),
  }
}
