// The model in the page: blocks of base64 turned into weights, pictures and codes, and the networks
// over them.
import { createNetwork, sigmoid, type Network, type Values } from '../../main/exporters/network.ts'
import { blocks, fromHalf, type PageData } from '../../main/exporters/pageData.ts'

export interface Model {
  data: PageData
  pixels: number
  /** z -> probabilities or means; a buffer that the next call writes again. */
  decode(z: Values): Float64Array
  /** Null when the encoder was left out. x in [0, 1] -> [mu | logvar] */
  encode: Network | null
  pictures: Uint8Array
  /** count x latentSize; empty when nothing was encoded. */
  codes: Float32Array
}

export function readModel(): Model {
  const data = JSON.parse(textOf(blocks.data)) as PageData
  const parameters = weightsOf(data, bytesOf(blocks.weights))
  const named = (name: string) => parameters.get(name)!
  const decoder = createNetwork(data.decoder, named, data.activation)
  return {
    data,
    pixels: data.image.height * data.image.width * data.image.channels,
    decode: (z) => sigmoid(decoder(z)),
    encode: data.encoder.length > 0 ? createNetwork(data.encoder, named, data.activation) : null,
    pictures: bytesOf(blocks.pictures),
    codes: new Float32Array(bytesOf(blocks.codes).buffer),
  }
}

function weightsOf(data: PageData, bytes: Uint8Array<ArrayBuffer>): Map<string, Float32Array> {
  const all =
    data.precision === 'float16'
      ? Float32Array.from(new Uint16Array(bytes.buffer), fromHalf)
      : new Float32Array(bytes.buffer)
  let at = 0
  return new Map(data.parameters.map(({ name, count }) => [name, all.subarray(at, (at += count))]))
}

function textOf(id: string): string {
  return document.getElementById(id)?.textContent ?? ''
}

function bytesOf(id: string): Uint8Array<ArrayBuffer> {
  const text = atob(textOf(id))
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}
