// A trainer process that waits for its run: it loads the backend, reads the data, and compiles the
// programs of the settings that are likely to come, in short turns between which a run may arrive.
import type { Backend } from '../backends/backend.ts'
import { compileFirst } from '../compile/modeChoice.ts'
import type { Dataset } from '../datasets/index.ts'
import { evaluationTargets, rehearseValidation, uploadValidation } from '../engine/evaluation.ts'
import { VariationalAutoencoder } from '../engine/model.ts'
import { planRun } from '../engine/plan.ts'
import { dispose } from '../engine/tf.ts'
import { initialState } from '../engine/modelState.ts'
import { parseConfig } from '../../preload/contract/config.ts'
import type { ImageShape } from '../../preload/contract/parameters.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import {
  aheadFor,
  applyOn,
  datasetOnce,
  disposeValidation,
  dropOthers,
  keepAhead,
  keepValidationAhead,
  settingsKey,
  validationAhead,
} from './ahead.ts'
import { drawFrame } from './drawFrame.ts'
import { fixedImagesOf, trainingBackend } from './preparation.ts'
import type { FromHost, WarmUp } from './protocol.ts'

export class Warmth {
  private readonly send: (message: FromHost) => void
  private queue: Promise<void> = Promise.resolve()
  private wanted: WarmUp | null = null
  /** What is being made ready now; empty when nothing is. */
  stage = ''

  constructor(send: (message: FromHost) => void) {
    this.send = send
  }

  /** Takes the place of settings that came before and are not done. */
  prepareFor(message: WarmUp): void {
    this.wanted = message
    // what fails here fails again in the run, which tells it
    this.queue = this.queue.then(() => this.warm(message)).catch(() => undefined)
  }

  /**
   * A run of these settings has come: resolves when they are ready, or when the work for others has
   * stopped.
   */
  async settled(config: RunConfig): Promise<void> {
    if (
      this.wanted &&
      settingsKey(parseConfig(this.wanted.config)) !== settingsKey(parseConfig(config))
    )
      this.wanted = null
    await this.queue
  }

  private async warm(message: WarmUp): Promise<void> {
    const goesOn = async (stage: string) => {
      this.stage = stage
      await new Promise((resolve) => setImmediate(resolve))
      return this.wanted === message
    }
    try {
      if (!(await goesOn('Loading the backend'))) return
      const config = parseConfig(message.config)
      const start = { recorded: null, cacheFolder: message.cacheFolder, avoid: [] }
      const backend = await trainingBackend(start, config, (told) =>
        told.kind === 'trying' ? this.send(told) : undefined,
      )
      if (!(await goesOn('Reading the data'))) return
      const dataset = await datasetOnce(config.dataset)
      const { width, height, channels } = dataset.info
      const work = { config, backend, dataset, image: { width, height, channels }, goesOn }
      const compiled =
        message.compile &&
        (await compileAhead(work, message.cacheFolder)) &&
        (await rehearseAhead(work))
      this.send({ kind: 'trying', rung: null })
      this.send({ kind: 'warmed', backend: backend.rung, threads: backend.threads, compiled })
    } finally {
      this.stage = ''
    }
  }
}

/** The data of what is made ready, and a way to stop between its parts when another run comes. */
interface Work {
  config: RunConfig
  backend: Backend
  dataset: Dataset
  image: ImageShape
  goesOn: (stage: string) => Promise<boolean>
}

/** Whether the programs of a run of these settings are compiled. */
async function compileAhead(work: Work, cacheFolder: string): Promise<boolean> {
  const { config, backend, dataset, image, goesOn } = work
  if (!backend.native) return false
  dropOthers(config)
  if (aheadFor(config)) return true
  const plan = planRun(config, image, dataset.split('train'))
  if (!(await goesOn('Compiling'))) return false
  const settings = { backend, mode: config.mode, cacheFolder, stage: () => undefined }
  const program = compileFirst(plan, initialState(config, image), settings)
  if (program) keepAhead(config, program)
  return program !== null
}

/**
 * Whether the functions that a run calls beside its steps are compiled too, and its validation
 * images on the device.
 */
async function rehearseAhead({ config, backend, dataset, image, goesOn }: Work): Promise<boolean> {
  const withModel = (use: (model: VariationalAutoencoder) => void) => {
    const parameters = aheadFor(config)!.program.parameters()
    use(new VariationalAutoencoder(config, image, parameters, applyOn(backend)))
    dispose(parameters)
  }
  const grey = dataset.split('validation')
  if (!validationAhead(config)) {
    if (!(await goesOn('Preparing the validation'))) return false
    const validation = uploadValidation(config, evaluationTargets(config, grey))
    if (!(await goesOn('Preparing the validation'))) {
      disposeValidation(validation)
      return false
    }
    withModel((model) => rehearseValidation(model, validation))
    keepValidationAhead(validation)
  }
  if (!(await goesOn('Drawing the untrained model'))) return false
  withModel((model) => void drawFrame(model, fixedImagesOf(grey)))
  return true
}
