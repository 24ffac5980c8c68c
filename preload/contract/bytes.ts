// Bytes on the wire, as base64 inside the message's JSON. (A Blob travels as multipart form data,
// which browser and Node take apart in many small turns: half a megabyte took 12 ms, a decoded
// picture 3 to 5.)
import type { StandardRPCCustomJsonSerializer } from '@orpc/client/standard'
import { z } from './zod.ts'

const WIRE_TYPE = 30 // those up to 20 are oRPC's own

interface NodeBuffer {
  from(
    bytes: ArrayBufferLike,
    offset: number,
    length: number,
  ): { toString(encoding: 'base64'): string }
  from(text: string, encoding: 'base64'): Uint8Array
}
type Encoding = Uint8Array & { toBase64?: () => string }
type Decoding = typeof Uint8Array & { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }

const buffer = (globalThis as { Buffer?: NodeBuffer }).Buffer

/** Bytes as an input. */
export const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'expected bytes')

/** For both ends of a connection. */
export const byteSerializers: readonly StandardRPCCustomJsonSerializer[] = [
  {
    type: WIRE_TYPE,
    condition: (data) => data instanceof Uint8Array,
    serialize: (data) => toBase64(data as Uint8Array),
    deserialize: (data) => fromBase64(data),
  },
]

export function toBase64(bytes: Uint8Array): string {
  const own = (bytes as Encoding).toBase64
  if (own) return own.call(bytes)
  if (buffer)
    return buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  let text = ''
  const most = 8192 // arguments of one call
  for (let at = 0; at < bytes.length; at += most)
    text += String.fromCharCode(...bytes.subarray(at, at + most))
  return btoa(text)
}

/**
 * An array with memory of its own, so that numbers of four bytes can be read from its beginning.
 */
export function fromBase64(data: unknown): Uint8Array<ArrayBuffer> {
  if (typeof data !== 'string')
    throw new TypeError(`expected bytes as base64, found ${typeof data}`)
  const own = (Uint8Array as Decoding).fromBase64
  if (own) return own(data)
  if (buffer) return new Uint8Array(buffer.from(data, 'base64'))
  return Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
}

/** Little-endian float32 values of bytes that came over the wire. */
export function floatsOf({
  buffer,
  byteOffset,
  byteLength,
}: Uint8Array): Float32Array<ArrayBuffer> {
  const aligned = byteOffset % 4 === 0 ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)
  return new Float32Array(
    aligned as ArrayBuffer,
    byteOffset % 4 === 0 ? byteOffset : 0,
    byteLength / 4,
  )
}
