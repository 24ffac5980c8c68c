// An exported model as safetensors: the weights of the part under their documented names and shapes
// (parameters.ts), and as metadata all that rebuilds the network: settings, layers, image shape. No
// optimizer state.
import { propertiesOf } from './signature.ts'
import type { ExportedModel } from './exportedModel.ts'

/**
 * 8 bytes header length (little endian), JSON header, float32 values without holes
 * (huggingface.co/docs/safetensors). Names: encoder.0.weight, encoder.0.bias, ...,
 * encoder.head.weight, decoder.0.weight, ..., decoder.out.bias, decoder.noise. Shapes: dense (in,
 * out); convolution (h, w, in, out); transposed convolution (h, w, out, in).
 */
export function safetensorsBytes(model: ExportedModel): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadataOf(model) }
  let end = 0
  for (const [name, { shape, values }] of Object.entries(model.parameters)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + values.byteLength] }
    end += values.byteLength
  }
  const text = Buffer.from(JSON.stringify(header))
  const json = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]) // tensors start aligned
  const bytes = new Uint8Array(8 + json.length + end)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
  bytes.set(json, 8)
  let at = 8 + json.length
  for (const { values } of Object.values(model.parameters)) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at)
    at += values.byteLength
  }
  return bytes
}

/**
 * Text by name: the properties of every format, and as JSON the settings and the layers in the
 * order of computation.
 */
export function metadataOf(model: ExportedModel): Record<string, string> {
  return {
    format: 'latent-studio-model',
    version: '1',
    ...propertiesOf(model),
    config: JSON.stringify(model.config),
    layers: JSON.stringify([...model.encoder, ...model.decoder]),
  }
}
