// The UMAP plane of the posterior means. Whoever asks for one that is under way waits for the same; it is given up when
// all of them have left. What is done is kept with the codes.
import { StudioError } from '../../../preload/contract/errors.ts'
import { mostProjected } from '../../../preload/contract/analysis.ts'
import { derived } from './codes.ts'
import type { AnalysisAnswers, QuestionOf } from './question.ts'
import type { Subject } from './subject.ts'
import { layoutInThread } from './thread.ts'

/** A layout that several questions may wait for. */
interface Shared {
  positions: Promise<Float32Array>
  cancel: AbortController
  waiting: Set<(done: number, total: number) => void>
}

export async function project(question: QuestionOf<'project'>, subject: Subject): Promise<AnalysisAnswers['project']> {
  const { seed, neighbours, minimumDistance } = question
  const codes = await subject.codes(question.codes)
  if (codes.count <= neighbours)
    throw new StudioError(
      'bad-input',
      `Expected more images than neighbours (${neighbours}), found ${codes.count}. Take more images, or fewer neighbours.`,
    )
  if (codes.count > mostProjected)
    throw new StudioError(
      'bad-input',
      `Expected at most ${mostProjected} images for a UMAP plane, found ${codes.count}. Choose fewer images.`,
      { most: mostProjected },
    )
  const shared = await derived(codes, `layout ${seed} ${neighbours} ${minimumDistance}`, () => {
    const cancel = new AbortController()
    const waiting: Shared['waiting'] = new Set()
    const points = Float64Array.from(codes.mean)
    const task = { kind: 'layout' as const, points, latentSize: codes.latentSize, seed, neighbours, minimumDistance }
    const positions = layoutInThread(task, cancel.signal, (done, total) => waiting.forEach((tell) => tell(done, total)))
    positions.catch(() => codes.derived.delete(`layout ${seed} ${neighbours} ${minimumDistance}`))
    return Promise.resolve({ positions, cancel, waiting } satisfies Shared)
  })
  subject.progress({ stage: 'Finding neighbours', done: 0, total: 1, unit: '' })
  const positions = await waitFor(shared, subject)
  return {
    step: codes.step,
    images: codes.count,
    positions: Array.from(positions, (value) => Math.round(value * 1000) / 1000),
  }
}

async function waitFor(shared: Shared, subject: Subject): Promise<Float32Array> {
  const tell = (done: number, total: number) => subject.progress({ stage: 'Laying out', done, total, unit: '' })
  shared.waiting.add(tell)
  const left = new Promise<never>((_, reject) => {
    const leave = () => {
      shared.waiting.delete(tell)
      if (shared.waiting.size === 0) shared.cancel.abort(subject.cancelled.reason)
      reject(subject.cancelled.reason as Error)
    }
    if (subject.cancelled.aborted) leave()
    else subject.cancelled.addEventListener('abort', leave, { once: true })
  })
  return Promise.race([shared.positions, left])
}
