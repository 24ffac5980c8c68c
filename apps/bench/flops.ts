// Floating-point operations of one training step, counted from the layers' shapes: multiplications
// and additions of matrix products and convolutions only, which is nearly all of them.
import {
  decoderLayers,
  encoderLayers,
  type ImageShape,
  type Layer,
} from '../../preload/contract/parameters.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'

/**
 * Forward, the weights' gradient and the inputs' gradient cost the same; the first layer needs no
 * inputs' gradient. A multiplication and an addition count as two.
 */
export function flopsPerStep(config: RunConfig, image: ImageShape): number {
  const layers = [...encoderLayers(config, image), ...decoderLayers(config, image)]
  const passes = layers.reduce(
    (sum, layer, index) => sum + products(layer) * (index === 0 ? 2 : 3),
    0,
  )
  return 2 * config.batchSize * passes
}

// Multiplications of one image's forward pass: every weight once for each place where the kernel is
// laid.
function products(layer: Layer): number {
  const weights = layer.weight.reduce((product, size) => product * size, 1)
  const grid = layer.kind === 'conv' ? layer.to : layer.from // a transposed convolution lays its kernel at each input
  return layer.kind === 'dense' ? weights : weights * grid[0]! * grid[1]!
}
