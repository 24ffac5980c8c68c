// Checkpoints of a training host: what cannot be written is told in a sentence, and a state that is
// no number is not kept.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import {
  decodeCheckpoint,
  decodeWeights,
  type CheckpointMeta,
} from '../../main/engine/checkpoint.ts'
import { freshProgress } from '../../main/engine/train.ts'
import { initialState } from '../../main/engine/modelState.ts'
import { checkpointWriter, type WrittenCheckpoint } from '../../main/host/checkpointWriter.ts'
import { smallConfig, smallPlan, smallShape, trained } from '../engine/smallRun.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'latent-checkpoints-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const config = smallConfig('tutorial')
const state = () => initialState(config, smallShape)
const meta: Omit<CheckpointMeta, 'progress'> = {
  format: 'latent-studio-checkpoint',
  version: 1,
  config,
  datasetHash: 'none',
  backend: 'js',
  backendVersion: '',
  mode: 'eager',
  threads: 1,
  programVersion: '1',
}

it('a file that cannot be written is a store failure with what to do, for who awaits it and at the next turn', async () => {
  const written: WrittenCheckpoint[] = []
  const writer = checkpointWriter(join(folder, 'gone'), { meta }, (one) => written.push(one))
  writer.throwIfFailed()
  const attempt = writer.write(state, freshProgress(), 'interval')
  await expect(attempt).rejects.toMatchObject({
    code: 'store-failed',
    data: { step: 0, code: 'ENOENT' },
  })
  expect(() => writer.throwIfFailed()).toThrow(
    /Expected to write the checkpoint of step 0 .*found no such file\. .*resume/,
  )
  await expect(writer.settled()).rejects.toMatchObject({ code: 'store-failed' })
  expect(written).toEqual([])
})

it('a state that cannot be read is told at the next turn too', async () => {
  const writer = checkpointWriter(folder, { meta }, () => undefined)
  const unreadable = () => {
    throw new RangeError('Array buffer allocation failed')
  }
  await expect(writer.write(unreadable, freshProgress(), 'pause')).rejects.toThrow(RangeError)
  expect(() => writer.throwIfFailed()).toThrow(/allocation failed/)
})

it('one that can be written is told once and complains of nothing', async () => {
  const written: WrittenCheckpoint[] = []
  const writer = checkpointWriter(folder, { meta }, (one) => written.push(one))
  await writer.write(state, freshProgress(), 'start')
  writer.throwIfFailed()
  expect(written.map(({ step, reason }) => [step, reason])).toEqual([[0, 'start']])
  expect(readdirSync(folder)).toEqual(written.map(({ file }) => file))
  const again = () => expect.fail('read again')
  await writer.write(again, freshProgress(), 'stop')
  expect(written).toHaveLength(1)
})

it('the time of reading the state counts: the next one is due when four hundred times that has passed', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0)
  try {
    const writer = checkpointWriter(folder, { meta }, () => undefined)
    const slow = () => {
      clock.mockReturnValue(20) // milliseconds
      return state()
    }
    await writer.write(slow, freshProgress(), 'start')
    clock.mockReturnValue(20 + 7_999)
    expect(writer.due()).toBe(false)
    clock.mockReturnValue(20 + 8_001)
    expect(writer.due()).toBe(true)
  } finally {
    clock.mockRestore()
  }
})

it('the weights of a frame are kept beside the checkpoints, in either precision, and hold up none of them', async () => {
  const written: WrittenCheckpoint[] = []
  const writer = checkpointWriter(folder, { meta }, (one) => written.push(one))
  const { parameters } = state()
  writer.writeFrame(parameters, freshProgress(), 'F32')
  writer.writeFrame(parameters, { ...freshProgress(), step: 7 }, 'F16')
  await writer.write(state, { ...freshProgress(), step: 7 }, 'pause')
  expect(written.map(({ step, reason }) => [step, reason])).toEqual([
    [0, 'frame'],
    [7, 'frame'],
    [7, 'pause'],
  ])
  const [whole, half] = written.map(({ file }) => readFileSync(join(folder, file)))
  expect(decodeWeights(whole!).parameters).toEqual(parameters)
  const rounded = Object.entries(parameters).map(([name, { shape, values }]) => {
    return [name, { shape, values: Float32Array.from(values, Math.f16round) }]
  })
  expect(decodeWeights(half!)).toMatchObject({
    meta: { progress: { step: 7 } },
    parameters: Object.fromEntries(rounded),
  })
  // nobody goes on from rounded weights
  expect(() => decodeCheckpoint(half!)).toThrow(/is F16, expected F32/)
})

it('a frame whose weights are no numbers keeps none', async () => {
  const written: WrittenCheckpoint[] = []
  const writer = checkpointWriter(folder, { meta }, (one) => written.push(one))
  const { parameters } = state()
  Object.values(parameters)[0]!.values[3] = NaN
  writer.writeFrame(parameters, freshProgress(), 'F16')
  await writer.settled()
  expect([written, readdirSync(folder)]).toEqual([[], []])
})

it('a frame’s weights that cannot be written end the run with what to do', async () => {
  const writer = checkpointWriter(join(folder, 'gone'), { meta }, () => undefined)
  writer.writeFrame(state().parameters, freshProgress(), 'F32')
  await expect(writer.settled()).rejects.toMatchObject({
    code: 'store-failed',
    data: { step: 0, code: 'ENOENT' },
  })
  expect(() => writer.throwIfFailed()).toThrow(/Free some space/)
})

it('a run whose last update spoils the weights has diverged: it is not finished and that state is not kept', async () => {
  // a rate that the settings do not allow: it makes the very first update too large for float32
  const plan = smallPlan({
    ...smallConfig(null, { optimizer: 'sgd', length: 1, evaluateEvery: 1 }),
    learningRate: 1e30,
  })
  const { outcome, rows, checkpoints, validations } = await trained(plan, { checkpointEvery: 1 })
  expect([...rows].every(Number.isFinite)).toBe(true)
  expect(outcome).toMatchObject({ outcome: 'diverged', step: 1 })
  expect(outcome.reason).toMatch(/^The validation loss became (NaN|Infinity) at step 1\./)
  expect(validations).toEqual([])
  expect(checkpoints.map(({ step }) => step)).not.toContain(1)
})
