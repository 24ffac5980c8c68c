// The images whose posterior means lie nearest to given points, with their pixels.
import { nearestRows } from '../../engine/neighbours.ts'
import { imagesAt } from '../latentAnswers.ts'
import type { AnalysisAnswers, QuestionOf } from './question.ts'
import type { Subject } from './subject.ts'

export async function nearest(
  { codes: choice, z, count, neighbours }: QuestionOf<'nearest'>,
  subject: Subject,
): Promise<AnalysisAnswers['nearest']> {
  const codes = await subject.codes(choice)
  const Z = codes.latentSize
  const { width, height, channels } = subject.model.image
  const points: AnalysisAnswers['nearest']['points'] = []
  for (let point = 0; point < count; point++) {
    const rows = nearestRows(codes.mean, Z, z.subarray(point * Z, (point + 1) * Z), neighbours)
    points.push(
      rows.map((row) => ({ ...row, label: codes.labels ? codes.labels[row.index]! : null })),
    )
    await subject.breathe()
  }
  const indices = points.flatMap((rows) => rows.map(({ index }) => index))
  return {
    step: codes.step,
    split: codes.split,
    images: codes.count,
    points,
    count: indices.length,
    width,
    height,
    channels,
    pixels: imagesAt(subject.dataset.split(codes.split).images, indices, width * height * channels),
  }
}
