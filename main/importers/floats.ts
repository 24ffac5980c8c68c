// Numbers of safetensors as float32: what is wider is rounded to the nearest, what is narrower is
// exact. Little endian.
import { StudioError } from '../../preload/contract/errors.ts'
import { fromHalf } from '../exporters/pageData.ts'

/** `dtype` is F64, F32, F16 or BF16; bytes have a whole number of elements. */
export function floatsOf(bytes: Uint8Array, dtype: string): Float32Array {
  const whole = Uint8Array.from(bytes).buffer
  switch (dtype) {
    case 'F32':
      return new Float32Array(whole)
    case 'F64':
      return Float32Array.from(new Float64Array(whole))
    case 'F16':
      return Float32Array.from(new Uint16Array(whole), fromHalf)
    case 'BF16': {
      // the upper half of a float32
      const bits = Uint32Array.from(new Uint16Array(whole), (half) => half << 16)
      return new Float32Array(bits.buffer)
    }
  }
  throw new StudioError(
    'bad-input',
    `Expected float32, float64, float16 or bfloat16, found ${dtype}.`,
  )
}
