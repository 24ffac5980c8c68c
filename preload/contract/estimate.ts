// How long a run will take on this machine, from the speed of a run that was trained on it. Nothing
// is guessed: without a run of the same kind there is no estimate.
import type { DatasetInfo, Run } from './records.ts'
import { decoderLayers, encoderLayers, type ImageShape, type Layer } from './parameters.ts'
import type { RunConfig } from './runConfig.ts'

export interface Estimate {
  /** Compiling and training, without evaluations and frames. */
  seconds: number
  steps: number
  /** The run whose speed it comes from. */
  run: { id: string; name: string }
  /** Whether that run's steps do the same work, or its speed was scaled by the work in a step. */
  scaled: boolean
}

/** A run this short, in steps or seconds of training, tells more of its start than of its speed. */
const leastSteps = 50
const leastSeconds = 0.1

export function stepsOf(
  config: RunConfig,
  trainingImages: number,
): { steps: number; stepsPerEpoch: number } {
  const stepsPerEpoch = Math.floor(trainingImages / config.batchSize)
  return {
    steps: config.lengthUnit === 'steps' ? config.length : config.length * stepsPerEpoch,
    stepsPerEpoch,
  }
}

/**
 * Work of one step, in multiplications or what takes as long. Products: forward once, backward
 * twice. Every activation and every parameter is also read and written some times (the optimizer
 * keeps two numbers for each), and every step starts a fixed number of operations. The weights only
 * matter for scaling between runs: they give elbo-2d 6 times the work of the tutorial's step, which
 * took 4 to 7 times as long in pairs of runs on two busy cores.
 */
export function workPerStep(config: RunConfig, image: ImageShape): number {
  const layers = [...encoderLayers(config, image), ...decoderLayers(config, image)]
  const sum = (value: (layer: Layer) => number) =>
    layers.reduce((total, layer) => total + value(layer), 0)
  const products = sum((layer) => 3 * config.batchSize * multiplications(layer))
  const activations = sum((layer) => config.batchSize * volume(layer.to))
  const parameters = sum((layer) => volume(layer.weight) + layer.bias)
  return products + activationWeight * activations + parameterWeight * parameters + stepWeight
}
const [activationWeight, parameterWeight, stepWeight] = [100, 60, 2e6]

/** Runs whose speed tells something about a configuration, the most alike first. */
export function comparableRuns(config: RunConfig, image: ImageShape, runs: readonly Run[]): Run[] {
  const work = workPerStep(config, image)
  const distance = (run: Run) => Math.abs(Math.log(workPerStep(run.config, image) / work))
  return runs
    .filter(
      (run) =>
        run.trainSeconds >= leastSeconds && run.step >= leastSteps && isOfOneKind(run, config),
    )
    .map((run) => ({ run, distance: distance(run) }))
    .sort((a, b) => a.distance - b.distance || b.run.createdAt - a.run.createdAt)
    .map(({ run }) => run)
}

export function estimateFrom(run: Run, config: RunConfig, dataset: DatasetInfo): Estimate {
  const { steps } = stepsOf(config, dataset.images.train)
  const ratio = workPerStep(config, dataset) / workPerStep(run.config, dataset)
  const seconds = run.compileSeconds + (run.trainSeconds / run.step) * ratio * steps
  return { seconds, steps, run: { id: run.id, name: run.name }, scaled: Math.abs(ratio - 1) > 1e-9 }
}

// Dense and convolutional networks, backends and modes differ by more than their work says.
function isOfOneKind(run: Run, config: RunConfig): boolean {
  const { network, threads, dataset } = run.config
  const sameMachine =
    threads === config.threads && network === config.network && dataset === config.dataset
  const as = (asked: string, wanted: string, used: string | null) =>
    wanted === 'auto' ? asked === 'auto' : used === wanted
  return (
    sameMachine &&
    as(run.config.backend, config.backend, run.backend) &&
    as(run.config.mode, config.mode, run.mode)
  )
}

function multiplications({ kind, weight, from, to }: Layer): number {
  // a convolution's kernel is applied at every place of its output, a transposed one at every place
  // of its input
  const places = kind === 'dense' ? 1 : kind === 'conv' ? to[0]! * to[1]! : from[0]! * from[1]!
  return volume(weight) * places
}

const volume = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)
