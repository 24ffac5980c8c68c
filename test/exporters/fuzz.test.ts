// 500 of the damaged files of `npm run soak -- fuzz-safetensors`; and proof that the harness
// catches what it should.
import { expect, it } from 'vitest'
import { decodeCheckpoint, readSafetensors } from '../../main/engine/checkpoint.ts'
import { modelOf } from '../../main/exporters/exportedModel.ts'
import { safetensorsBytes } from '../../main/exporters/safetensors.ts'
import { cases, checkpointBytes, exported, sourceOf } from './exported.ts'
import { fuzz } from './mutations.ts'

const which = cases['odd sides, colours, stride-2 output']!
const checkpoint = checkpointBytes(which)
const weights = safetensorsBytes(exported(which, 'model'))

it('damaged safetensors are refused with a reason, none crashes', () => {
  const figures = fuzz(weights, (bytes) => readSafetensors(bytes).tensors, 'all tensors', 500, 1)
  expect(figures.files).toBe(500)
  // the mutations bite: most files are refused, some (another byte in a weight) are whole
  expect(figures.refused['damaged-checkpoint']).toBeGreaterThan(250)
  expect(figures.accepted).toBeGreaterThan(10)
})

it('damaged checkpoints are refused with a reason, for resuming and for exporting', () => {
  const resuming = fuzz(
    checkpoint,
    (bytes) => decodeCheckpoint(bytes).state.parameters,
    'some tensors',
    250,
    2,
  )
  const exporting = fuzz(
    checkpoint,
    (bytes) => modelOf(bytes, sourceOf(which, bytes), 'model').parameters,
    'some tensors',
    250,
    3,
  )
  for (const { files, refused } of [resuming, exporting]) {
    expect(files).toBe(250)
    expect(Object.values(refused).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(125)
  }
})

it('a reader that trusts the file is caught', () => {
  const trusting = (bytes: Uint8Array) => {
    const end = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, end))) as Record<
      string,
      { shape: number[]; data_offsets: [number, number] }
    >
    const entries = Object.entries(header).filter(([name]) => name !== '__metadata__')
    return Object.fromEntries(
      entries.map(
        ([
          name,
          {
            shape,
            data_offsets: [from, to],
          },
        ]) => [name, { shape, values: new Float32Array(bytes.slice(end + from, end + to).buffer) }],
      ),
    )
  }
  expect(Object.keys(trusting(weights)).length).toBeGreaterThan(10)
  expect(() => fuzz(weights, trusting, 'some tensors', 500, 1)).toThrow(/seed 1, file \d+/)
})
