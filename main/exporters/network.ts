// A network computed in plain JavaScript: what the explorer page runs, and what the exporter uses
// to say how far rounded weights lead. The one place outside the hosts where a model is computed;
// it is held against them within 1e-5. Images are flat, channels last; sums are kept in float64.
import type { Layer } from '../../preload/contract/parameters.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import { samePadding } from './axes.ts'

export type Values = Float32Array | Float64Array
export type Network = (input: Values) => Float64Array

type Activation = RunConfig['activation']

/** One after the other; the result is a buffer that the next call writes again. */
export function createNetwork(
  layers: Layer[],
  parameters: (name: string) => Float32Array,
  activation: Activation,
): Network {
  const steps = layers.map((layer) => {
    const [weight, bias] = [parameters(`${layer.name}.weight`), parameters(`${layer.name}.bias`)]
    const out = new Float64Array(layer.to.reduce((product, size) => product * size, 1))
    const compute = { dense, conv: convolution, transposed }[layer.kind]
    return (x: Values) => {
      for (let at = 0; at < out.length; at++) out[at] = bias[at % bias.length]!
      compute(layer, weight, x, out)
      if (layer.activated) activate(out, activation)
      return out
    }
  })
  return (input) => steps.reduce<Values>((x, step) => step(x), input) as Float64Array
}

/** Logits to probabilities or means, in place. */
export function sigmoid(values: Float64Array): Float64Array {
  for (let at = 0; at < values.length; at++) values[at] = 1 / (1 + Math.exp(-values[at]!))
  return values
}

function activate(values: Float64Array, activation: Activation): void {
  for (let at = 0; at < values.length; at++) {
    const x = values[at]!
    if (activation === 'relu') values[at] = x > 0 ? x : 0
    else if (activation === 'tanh') values[at] = Math.tanh(x)
    else values[at] = Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))) // softplus without overflow
  }
}

// weight: (in, out)
function dense({ weight: shape }: Layer, weight: Float32Array, x: Values, out: Float64Array): void {
  const [inputs, outputs] = shape as [number, number]
  for (let i = 0; i < inputs; i++) {
    const value = x[i]!
    if (value === 0) continue
    const row = i * outputs
    for (let o = 0; o < outputs; o++) out[o]! += value * weight[row + o]!
  }
}

// weight: (h, w, in, out)
function convolution(layer: Layer, weight: Float32Array, x: Values, out: Float64Array): void {
  const [height, width, inputs] = layer.from as [number, number, number]
  const [rows, columns, outputs] = layer.to as [number, number, number]
  const [kernelHeight, kernelWidth] = layer.weight as [number, number]
  const [top] = samePadding(height, rows, kernelHeight, layer.stride)
  const [left] = samePadding(width, columns, kernelWidth, layer.stride)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let ky = 0; ky < kernelHeight; ky++)
        for (let kx = 0; kx < kernelWidth; kx++) {
          const [y, z] = [row * layer.stride + ky - top, column * layer.stride + kx - left]
          if (y < 0 || y >= height || z < 0 || z >= width) continue
          const [from, to] = [(y * width + z) * inputs, (row * columns + column) * outputs]
          const kernel = (ky * kernelWidth + kx) * inputs * outputs
          for (let i = 0; i < inputs; i++) {
            const value = x[from + i]!
            if (value === 0) continue
            const line = kernel + i * outputs
            for (let o = 0; o < outputs; o++) out[to + o]! += value * weight[line + o]!
          }
        }
}

// weight: (h, w, out, in); what falls outside is cropped as TensorFlow's SAME crops it
function transposed(layer: Layer, weight: Float32Array, x: Values, out: Float64Array): void {
  const [height, width, inputs] = layer.from as [number, number, number]
  const [rows, columns, outputs] = layer.to as [number, number, number]
  const [kernelHeight, kernelWidth] = layer.weight as [number, number]
  const [top] = samePadding(rows, height, kernelHeight, layer.stride)
  const [left] = samePadding(columns, width, kernelWidth, layer.stride)
  for (let y = 0; y < height; y++)
    for (let z = 0; z < width; z++) {
      const from = (y * width + z) * inputs
      for (let ky = 0; ky < kernelHeight; ky++)
        for (let kx = 0; kx < kernelWidth; kx++) {
          const [row, column] = [y * layer.stride + ky - top, z * layer.stride + kx - left]
          if (row < 0 || row >= rows || column < 0 || column >= columns) continue
          const to = (row * columns + column) * outputs
          const kernel = (ky * kernelWidth + kx) * outputs * inputs
          for (let o = 0; o < outputs; o++) {
            const line = kernel + o * inputs
            let sum = 0
            for (let i = 0; i < inputs; i++) sum += x[from + i]! * weight[line + i]!
            out[to + o]! += sum
          }
        }
    }
}
