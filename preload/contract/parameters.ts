// The layers that a configuration stands for, and the names and shapes of their parameters: one
// description for the engine that builds them, the form that counts them and the exports that name
// them.
import type { RunConfig } from './runConfig.ts'

export interface ImageShape {
  height: number
  width: number
  channels: number
}

export interface Layer {
  /** Such as encoder.0 or decoder.out; its parameters are NAME.weight and NAME.bias. */
  name: string
  kind: 'dense' | 'conv' | 'transposed'
  /** dense: (in, out). conv: (h, w, in, out). transposed: (h, w, out, in), as in TensorFlow. */
  weight: number[]
  bias: number
  stride: number
  /** Shape of one image's activations before and after: [features] or [height, width, channels]. */
  from: number[]
  to: number[]
  /** Whether the configured activation follows (hidden layers). */
  activated: boolean
}

type NetworkConfig = Pick<
  RunConfig,
  | 'network'
  | 'encoderLayers'
  | 'decoderLayers'
  | 'encoderFilters'
  | 'decoderFilters'
  | 'latentSize'
  | 'likelihood'
>

export function encoderLayers(config: NetworkConfig, image: ImageShape): Layer[] {
  const layers: Layer[] = []
  let shape =
    config.network === 'conv' ? [image.height, image.width, image.channels] : [pixels(image)]
  const next = (layer: Layer) => {
    layers.push(layer)
    shape = layer.to
  }
  if (config.network === 'conv')
    for (const filters of config.encoderFilters)
      next(convolution(`encoder.${layers.length}`, shape, filters))
  for (const size of config.encoderLayers)
    next(dense(`encoder.${layers.length}`, volume(shape), size, true))
  next(dense('encoder.head', volume(shape), 2 * config.latentSize, false))
  return layers
}

export function decoderLayers(config: NetworkConfig, image: ImageShape): Layer[] {
  const layers: Layer[] = []
  let shape = [config.latentSize]
  const next = (layer: Layer) => {
    layers.push(layer)
    shape = layer.to
  }
  for (const size of config.decoderLayers)
    next(dense(`decoder.${layers.length}`, volume(shape), size, true))
  if (config.network === 'dense') {
    next(dense('decoder.out', volume(shape), pixels(image), false))
    return layers
  }
  const sizes = bottomUp(image, config.encoderFilters.length)
  const bottom = sizes[0]!
  const grid = [bottom.height, bottom.width, config.encoderFilters.at(-1)!]
  next({ ...dense(`decoder.${layers.length}`, volume(shape), volume(grid), true), to: grid })
  config.decoderFilters.forEach((filters, index) =>
    next(transposed(`decoder.${layers.length}`, shape, sizes[index + 1]!, filters, 2, true)),
  )
  const stride = config.decoderFilters.length === config.encoderFilters.length ? 1 : 2
  next(transposed('decoder.out', shape, image, image.channels, stride, false))
  return layers
}

/**
 * Shapes by name, encoder first, in the order in which they are stored. A learned noise variance
 * adds decoder.noise.
 */
export function parameterShapes(config: NetworkConfig, image: ImageShape): Map<string, number[]> {
  const shapes = new Map<string, number[]>()
  for (const layer of [...encoderLayers(config, image), ...decoderLayers(config, image)]) {
    shapes.set(`${layer.name}.weight`, layer.weight)
    shapes.set(`${layer.name}.bias`, [layer.bias])
  }
  if (config.likelihood === 'gaussian-learned') shapes.set('decoder.noise', [1])
  return shapes
}

export function parameterCount(config: NetworkConfig, image: ImageShape): number {
  let count = 0
  for (const shape of parameterShapes(config, image).values()) count += volume(shape)
  return count
}

const pixels = (image: ImageShape) => image.height * image.width * image.channels
const volume = (shape: number[]) => shape.reduce((product, size) => product * size, 1)
const half = (size: number) => Math.ceil(size / 2)

function dense(name: string, inputs: number, outputs: number, activated: boolean): Layer {
  return {
    name,
    kind: 'dense',
    weight: [inputs, outputs],
    bias: outputs,
    stride: 1,
    from: [inputs],
    to: [outputs],
    activated,
  }
}

function convolution(name: string, from: number[], filters: number): Layer {
  const [height, width, channels] = from as [number, number, number]
  return {
    name,
    kind: 'conv',
    weight: [3, 3, channels, filters],
    bias: filters,
    stride: 2,
    from,
    to: [half(height), half(width), filters],
    activated: true,
  }
}

function transposed(
  name: string,
  from: number[],
  to: { height: number; width: number },
  filters: number,
  stride: number,
  activated: boolean,
): Layer {
  return {
    name,
    kind: 'transposed',
    weight: [3, 3, filters, from[2]!],
    bias: filters,
    stride,
    from,
    to: [to.height, to.width, filters],
    activated,
  }
}

// Sizes of the feature maps from the bottom of `depth` halvings up to the whole image: depth + 1 of
// them.
function bottomUp(image: ImageShape, depth: number): { height: number; width: number }[] {
  const sizes = [{ height: image.height, width: image.width }]
  for (let level = 0; level < depth; level++)
    sizes.unshift({ height: half(sizes[0]!.height), width: half(sizes[0]!.width) })
  return sizes
}
