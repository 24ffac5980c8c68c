// What stands before a run's first step: an older run's settings, and how an evaluation tells that
// it is alive.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { evaluate } from '../../main/engine/evaluation.ts'
import { VariationalAutoencoder } from '../../main/engine/model.ts'
import { freshProgress } from '../../main/engine/train.ts'
import { initialState, toTensors } from '../../main/engine/modelState.ts'
import { checkpointWriter, type WrittenCheckpoint } from '../../main/host/checkpointWriter.ts'
import { prepare } from '../../main/host/preparation.ts'
import type { TrainerStart } from '../../main/host/protocol.ts'
import { defaultCacheFolder } from '../../main/runtime/cache.ts'
import { configFrom } from '../../preload/contract/config.ts'
import { smallConfig, smallImages, smallShape } from '../engine/smallRun.ts'

const small = {
  encoderLayers: [4],
  decoderLayers: [4],
  backend: 'js',
  length: 10,
  lengthUnit: 'steps',
}

it('a run made before a setting was added goes on with its default, and not with other settings', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'latent-preparation-'))
  try {
    const config = configFrom(null, small)
    const begun: TrainerStart = {
      kind: 'train',
      run: 'run',
      config,
      folder,
      cacheFolder: defaultCacheFolder(),
      checkpoint: null,
      recorded: { backend: 'js', mode: 'eager', threads: 1 },
      chunkSteps: null,
      avoid: [],
      startPaused: false,
    }
    const { meta, program } = await prepare(begun, () => undefined)
    let written: WrittenCheckpoint | undefined
    const writer = checkpointWriter(folder, { meta }, (one) => (written = one))
    await writer.write(program.read, { ...freshProgress(), step: 3 }, 'stop')
    const checkpoint = { file: join(folder, written!.file), sha256: written!.sha256, step: 3 }

    const { frames, ...older } = config
    expect(frames).toBe(configFrom(null).frames)
    const resumed = await prepare(
      { ...begun, config: older as typeof config, checkpoint },
      () => undefined,
    )
    expect(resumed.progress.step).toBe(3)
    expect(resumed.plan.config).toEqual(config)
    const other = { ...config, seed: 1 }
    await expect(
      prepare({ ...begun, config: other, checkpoint }, () => undefined),
    ).rejects.toMatchObject({
      code: 'cannot-resume',
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

it('an evaluation with many samples tells its progress within a batch', async () => {
  const config = smallConfig('tutorial')
  const model = new VariationalAutoencoder(
    config,
    smallShape,
    toTensors(initialState(config, smallShape).parameters),
  )
  const images = smallImages(8)
  const told: number[] = []
  const { nll } = await evaluate(model, images, images, {
    samples: 2500,
    onProgress: (done) => told.push(done),
  })
  expect(nll).toBeGreaterThan(0)
  expect(told).toEqual([2, 4, 6, 8, 8])
})
