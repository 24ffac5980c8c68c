// One image explained: its posterior, its reconstruction, samples, and the split of its loss. As in
// an evaluation, the model sees the image binarised where the run binarises: a dynamically
// binarised one is drawn once, with the run's seed.
import { klWeightAt } from '../../../preload/contract/klWeight.ts'
import { evaluationTarget } from '../../engine/evaluation.ts'
import { explainImage } from '../../engine/explanation.ts'
import { greyBytes, greyFloats } from '../../engine/grey.ts'
import { meanKlPerDimension } from '../../engine/latentStatistics.ts'
import { likelihoodName } from '../../../preload/contract/likelihood.ts'
import { concatenated } from '../latentAnswers.ts'
import { latentRows } from './numbers.ts'
import type { AnalysisAnswers, QuestionOf } from './question.ts'
import type { Subject } from './subject.ts'

export async function explain(
  question: QuestionOf<'explain'>,
  { model, step, dataset }: Subject,
): Promise<AnalysisAnswers['explain']> {
  const { config, image } = model
  const { target, label } = targetOf(question.image, model, dataset)
  const explained = explainImage(model, greyFloats(target), question.samples, question.seed)
  const { mean, logVariance, samples, pixels } = explained
  const Z = config.latentSize
  const costs =
    question.samples > 0 ? explained.reconstruction.subarray(1) : explained.reconstruction
  const reconstruction = sum(costs) / costs.length
  const klPerDimension = meanKlPerDimension(mean, logVariance, Z)
  const klWeight = klWeightAt(config, step)
  return {
    step,
    latentSize: Z,
    mean: [...mean],
    logVariance: [...logVariance],
    label,
    loss: {
      likelihood: likelihoodName(config),
      reconstruction,
      klPerDimension: [...klPerDimension],
      klWeight,
      total: reconstruction + klWeight * sum(klPerDimension),
    },
    width: image.width,
    height: image.height,
    channels: image.channels,
    count: 2 + question.samples,
    pixels: concatenated(target, greyBytes(pixels)),
    samples: latentRows(samples, Z),
  }
}

// Pixels given by a person are treated as the first image of a set of their own.
function targetOf(
  image: QuestionOf<'explain'>['image'],
  { config }: Subject['model'],
  dataset: Subject['dataset'],
): { target: Uint8Array; label: number | null } {
  if (image.kind === 'pixels')
    return { target: evaluationTarget(config, { images: image.pixels, count: 1 }, 0), label: null }
  const split = dataset.split(image.split)
  return {
    target: evaluationTarget(config, split, image.index),
    label: split.labels.length > 0 ? split.labels[image.index]! : null,
  }
}

const sum = (values: Float32Array | Float64Array) => {
  let total = 0
  for (const value of values) total += value
  return total
}
