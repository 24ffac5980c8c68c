// An exported model as a .keras file, which plain Keras 3 loads on any of its backends: a zip of
// config.json (a functional model of Keras's own layers), model.weights.h5 and metadata.json.
// Nothing in it is code. Keras before 3.6 writes a single input in another way and does not open
// it.
import { zipSync } from 'fflate'
import { StudioError } from '../../preload/contract/errors.ts'
import type { Layer } from '../../preload/contract/parameters.ts'
import { hdf5Bytes, type Hdf5Group } from '../files/hdf5.ts'
import { largestZip } from '../files/zip.ts'
import { samePadding } from './axes.ts'
import { parameterOf, type ExportedModel } from './exportedModel.ts'
import { outputName, propertiesOf, signatureOf } from './signature.ts'

/** The version whose files these are like. */
const kerasVersion = '3.15.1'

// The earliest that a zip can tell: the same model makes the same bytes.
const written = new Date(1980, 0, 1)

/** What a layer gives: its name and the shape of one image's values. */
interface Value {
  layer: string
  shape: number[]
}

/** Throws `bad-input` for weights that no zip without extensions holds. */
export function kerasBytes(model: ExportedModel): Uint8Array {
  const { config, weights } = new KerasModel(model).whole()
  const h5 = hdf5Bytes(weights)
  if (h5.length > largestZip)
    throw new StudioError(
      'bad-input',
      `Expected a model of less than 4 GiB for keras, found ${h5.length} bytes of weights. Export safetensors instead.`,
      { bytes: h5.length },
    )
  const json = (content: unknown) => new TextEncoder().encode(JSON.stringify(content))
  const files = {
    'metadata.json': json(metadataOf(model)),
    'config.json': json(config),
    'model.weights.h5': h5,
  }
  return zipSync(files, { level: 0, mtime: written })
}

function metadataOf(model: ExportedModel): Record<string, unknown> {
  const made = new Date(model.source.run.createdAt).toISOString().slice(0, 19).replace('T', '@')
  return { keras_version: kerasVersion, date_saved: made, latent_studio: propertiesOf(model) }
}

class KerasModel {
  private readonly layers: unknown[] = []
  private readonly weights: Hdf5Group = {}
  private readonly model: ExportedModel

  constructor(model: ExportedModel) {
    this.model = model
  }

  whole(): { config: unknown; weights: Hdf5Group } {
    const { part, config } = this.model
    const { inputs, outputs } = signatureOf(this.model)
    const input = this.input(inputs[0]!.name, inputs[0]!.shape[1])
    const mu = part === 'decoder' ? input : this.encoded(input)
    if (part !== 'encoder')
      this.decoded(mu, part === 'decoder' ? outputName(config) : 'reconstruction')
    const one = (name: string) => [name, 0, 0]
    return {
      weights: { layers: this.weights, vars: {} },
      config: object('keras.src.models.functional', 'Functional', {
        name: part,
        trainable: true,
        layers: this.layers,
        input_layers: one(input.layer),
        output_layers:
          outputs.length === 1
            ? one(outputs[0]!.name)
            : Object.fromEntries(outputs.map(({ name }) => [name, one(name)])),
      }),
    }
  }

  // The head stays one layer of [mu | logvar]. Two layers side by side would be found by an order
  // among equals, and slicing needs an operation that has no public name: so two rows, of which
  // each output crops the other.
  private encoded(x: Value): Value {
    const Z = this.model.config.latentSize
    const head = this.model.encoder.reduce((value, layer) => this.layer(value, layer), x) // 2Z
    const rows = this.reshaped(head, [2, Z], 'mu_and_logvar')
    const row = (name: string, cropping: [number, number]) =>
      this.reshaped(this.add('Cropping1D', `${name}_row`, { cropping }, rows, [1, Z]), [Z], name)
    const mu = row('mu', [0, 1])
    row('logvar', [1, 0])
    return mu
  }

  private decoded(z: Value, name: string): void {
    const out = this.model.decoder.reduce((value, layer) => this.layer(value, layer), z)
    const logits = this.reshaped(out, [this.model.pixels], 'logits')
    this.add('Activation', name, { activation: 'sigmoid' }, logits, logits.shape)
  }

  private layer(value: Value, layer: Layer): Value {
    const name = kerasName(layer.name)
    const activation = layer.activated ? this.model.config.activation : 'linear'
    const x = this.reshaped(value, layer.from, `${name}_input`)
    if (layer.kind === 'dense') {
      const settings = { units: layer.bias, activation, use_bias: true }
      return this.reshaped(
        this.weighted('Dense', layer, settings, x, [layer.bias]),
        layer.to,
        `${name}_grid`,
      )
    }
    const settings = {
      filters: layer.bias,
      kernel_size: layer.weight.slice(0, 2),
      strides: [layer.stride, layer.stride],
      data_format: 'channels_last',
      activation,
      use_bias: true,
    }
    if (layer.kind === 'conv')
      return this.weighted('Conv2D', layer, { ...settings, padding: 'same' }, x, layer.to)
    return this.transposed(layer, settings, x)
  }

  // Keras gives a transposed convolution with padding `same` another size where sides are odd, and
  // with PyTorch below it another place; whole and cropped, it is the same everywhere.
  private transposed(layer: Layer, settings: Record<string, unknown>, x: Value): Value {
    const along = (axis: number) => {
      const [fine, coarse, kernel] = [layer.to[axis]!, layer.from[axis]!, layer.weight[axis]!]
      const whole = (coarse - 1) * layer.stride + kernel
      const [before] = samePadding(fine, coarse, kernel, layer.stride)
      return { whole, cropped: [before, whole - fine - before] }
    }
    const [rows, columns] = [along(0), along(1)]
    const shape = [rows.whole, columns.whole, layer.bias]
    const whole = this.weighted(
      'Conv2DTranspose',
      layer,
      { ...settings, padding: 'valid' },
      x,
      shape,
    )
    const cropping = { cropping: [rows.cropped, columns.cropped], data_format: 'channels_last' }
    return this.add('Cropping2D', `${kerasName(layer.name)}_cropped`, cropping, whole, layer.to)
  }

  // Weights are found by the layer's class and its number among them, in the order of computation.
  private weighted(
    kind: string,
    layer: Layer,
    settings: Record<string, unknown>,
    x: Value,
    shape: number[],
  ): Value {
    const group = { Dense: 'dense', Conv2D: 'conv2d', Conv2DTranspose: 'conv2d_transpose' }[kind]!
    const before = Object.keys(this.weights).filter(
      (name) => name.replace(/_\d+$/, '') === group,
    ).length
    this.weights[before === 0 ? group : `${group}_${before}`] = {
      vars: {
        0: parameterOf(this.model, `${layer.name}.weight`),
        1: parameterOf(this.model, `${layer.name}.bias`),
      },
    }
    return this.add(kind, kerasName(layer.name), settings, x, shape)
  }

  private reshaped(value: Value, shape: number[], name: string): Value {
    if (value.shape.join() === shape.join()) return value
    return this.add('Reshape', name, { target_shape: shape }, value, shape)
  }

  private add(
    kind: string,
    name: string,
    settings: Record<string, unknown>,
    from: Value,
    shape: number[],
  ): Value {
    const tensor = {
      class_name: '__keras_tensor__',
      config: { shape: [null, ...from.shape], dtype: 'float32', keras_history: [from.layer, 0, 0] },
    }
    this.place(kind, name, { dtype: 'float32', trainable: true, ...settings }, [
      { args: [tensor], kwargs: {} },
    ])
    return { layer: name, shape }
  }

  private input(name: string, size: number): Value {
    this.place(
      'InputLayer',
      name,
      { batch_shape: [null, size], dtype: 'float32', sparse: false },
      [],
    )
    return { layer: name, shape: [size] }
  }

  private place(
    kind: string,
    name: string,
    settings: Record<string, unknown>,
    inbound: unknown[],
  ): void {
    this.layers.push({
      ...object('keras.layers', kind, { name, ...settings }),
      name,
      inbound_nodes: inbound,
    })
  }
}

function object(
  module: string,
  kind: string,
  config: Record<string, unknown>,
): Record<string, unknown> {
  return { module, class_name: kind, config, registered_name: kind === 'Functional' ? kind : null }
}

/**
 * encoder.0 as Keras's layers are called: a dot has a meaning of its own where PyTorch computes.
 */
function kerasName(name: string): string {
  return name.replaceAll('.', '_')
}
