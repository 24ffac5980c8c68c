// Bytes inside messages: what arrives is what left, held against Node's own base64.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { byteSerializers, floatsOf, fromBase64, toBase64 } from '../../preload/contract/bytes.ts'

it('any bytes, also a view into larger memory, arrive as they left, with memory of their own', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(7), (values, offset) => {
      const view = new Uint8Array(new ArrayBuffer(values.length + 16), offset, values.length)
      view.set(values)
      const text = toBase64(view)
      expect(text).toBe(Buffer.from(values).toString('base64'))
      const arrived = fromBase64(text)
      expect([...arrived]).toEqual([...values])
      expect(arrived.byteOffset).toBe(0)
      expect(arrived.buffer.byteLength).toBe(values.length)
    }),
  )
})

it('floats are read from any place in memory', () => {
  const numbers = Float32Array.of(1.5, -0, 3e-38, Infinity)
  for (const offset of [0, 1, 4, 6]) {
    const memory = new Uint8Array(24)
    memory.set(new Uint8Array(numbers.buffer), offset)
    expect([...floatsOf(memory.subarray(offset, offset + 16))]).toEqual([...numbers])
  }
})

it('only bytes are taken for bytes, and what is no text is refused', () => {
  const { condition, deserialize } = byteSerializers[0]!
  expect(
    [Uint8Array.of(1), Float32Array.of(1), [1], 'AQ==', null].map((value) => condition(value)),
  ).toEqual([true, false, false, false, false])
  expect(() => deserialize({ length: 3 })).toThrow('expected bytes as base64, found object')
})
