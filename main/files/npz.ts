// NumPy's .npz archives: a zip of .npy arrays by name, stored without compression as numpy.savez
// does.
import { zipSync, type Zippable } from 'fflate'
import { StudioError } from '../../preload/contract/errors.ts'
import { npyBytes } from './npy.ts'

/** Sizes and offsets of a zip without extensions have 32 bits. */
const largest = 2 ** 32 - 1

// The earliest that a zip can tell: the same arrays make the same bytes whenever and wherever they
// are written.
const written = new Date(1980, 0, 1)

/**
 * The .npz file of float32 and uint8 arrays, and of texts as they are (numpy.load gives their
 * bytes). Throws `bad-input` for more than 4 GiB.
 */
export function npzBytes(
  arrays: Record<string, { shape: number[]; values: Float32Array | Uint8Array }>,
  texts: Record<string, string> = {},
): Uint8Array {
  const entries: Zippable = {}
  for (const [name, { shape, values }] of Object.entries(arrays))
    entries[`${name}.npy`] = npyBytes(values, shape)
  for (const [name, content] of Object.entries(texts))
    entries[name] = new TextEncoder().encode(content)
  const size = Object.values(entries).reduce(
    (sum, entry) => sum + (entry as Uint8Array).length + 1024,
    0,
  )
  if (size > largest)
    throw new StudioError(
      'bad-input',
      `npz: expected at most 4 GiB of arrays, found ${size} bytes. Export safetensors instead.`,
    )
  return zipSync(entries, { level: 0, mtime: written })
}
