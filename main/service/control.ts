// The commands over a run's training: create, pause, resume, stop. Each answers with the run as it
// is then; a command that does not fit the run's status is `wrong-state` and says what does.
import { parseConfig } from '../../preload/contract/config.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { presets, type PresetName } from '../../preload/contract/presets.ts'
import type { DatasetInfo, Run } from '../../preload/contract/records.ts'
import { maximumSteps, type RunConfig } from '../../preload/contract/runConfig.ts'
import { presetRunName } from '../../preload/contract/runName.ts'
import { datasetInfo } from '../datasets/index.ts'
import { findRun, insertRun, newRunId, nextColour, readRun, untrained } from '../store/runs.ts'
import { note, type Context } from './context.ts'
import { launchTrainer } from './resumption.ts'
import type { LiveTrainer } from './liveTrainer.ts'

/** Runs in training at most: each is a process of its own. */
const mostTraining = 32

export interface NewRun {
  config: Record<string, unknown>
  name?: string | undefined
  preset: string | null
  start: boolean
}

/**
 * Throws `bad-config` with every problem in data.problems, `busy` when too many runs are in
 * training.
 */
export async function createRun(context: Context, input: NewRun): Promise<Run> {
  const config = parseConfig(input.config)
  checkAgainstData(config)
  if (context.closing) throw new StudioError('cancelled', 'Latent Studio is closing.')
  if (input.start) refuseTooMany(context)
  const run = newRun(context, config, input)
  insertRun(context.store, run)
  note(
    context,
    run.id,
    'created',
    0,
    input.preset ? `Made from the preset ${input.preset}.` : 'Made.',
  )
  context.announcements.tell(run.id, 'run')
  if (input.start) await launch(context, run)
  return current(context, run.id)
}

export async function pauseRun(context: Context, reference: string): Promise<Run> {
  const { run, trainer } = await liveRun(context, reference, 'paused')
  if (trainer.state === 'paused') return run
  trainer.pause()
  // one that is still compiling pauses as soon as it is ready: no need to wait for that here
  if (trainer.state === 'running')
    await confirmed(context, trainer.reached(['paused'], context.limits.command), 'pause')
  return current(context, run.id)
}

export async function resumeRun(context: Context, reference: string): Promise<Run> {
  const run = findRun(context.store, reference)
  const trainer = context.trainers.get(run.id)
  if (trainer) {
    // one that was to pause as soon as it is ready does not have to
    if (trainer.takeBackPause()) return run
    if (run.status !== 'paused')
      throw wrongState(run, 'a paused or stopped run', 'It is training already.')
    trainer.resume()
    await confirmed(context, trainer.reached(['running'], context.limits.command), 'resume')
    return current(context, run.id)
  }
  refuseResume(run)
  refuseTooMany(context)
  await launch(context, run)
  return current(context, run.id)
}

export async function stopRun(context: Context, reference: string): Promise<Run> {
  const { run, trainer } = await liveRun(context, reference, 'stopped')
  trainer.stop('')
  if (!(await trainer.reached([], context.limits.command)))
    trainer.abandon(
      `The training process did not stop within ${context.limits.command / 1000} s and was terminated.`,
    )
  return current(context, run.id)
}

/**
 * Stops every trainer with a checkpoint; those that take longer than the limit are ended and go on
 * from their last one.
 */
export async function stopAll(context: Context): Promise<void> {
  context.closing = true
  // one that ends by itself meanwhile, as with a backend that fails, may be launched again
  for (;;) {
    const trainers = [...context.trainers.values()].filter(({ state }) => state !== 'over')
    if (trainers.length + context.launching.size === 0) return
    for (const trainer of trainers)
      trainer.stop('Latent Studio was closed. Resume the run to continue.')
    await Promise.all([
      ...trainers.map((trainer) => trainer.reached([], context.limits.closing)),
      // one whose checkpoint is still being read is stopped by its launch, which sees that we close
      ...[...context.launching].map((run) => launched(context, run)),
    ])
    for (const trainer of trainers)
      if (trainer.state !== 'over')
        trainer.abandon('Latent Studio was closed before the training process had stopped.')
  }
}

async function launch(context: Context, run: Run): Promise<void> {
  if (context.closing) throw new StudioError('cancelled', 'Latent Studio is closing.')
  await launchTrainer(context, run)
}

function refuseTooMany({ trainers, launching }: Context): void {
  const found = new Set([...trainers.keys(), ...launching]).size
  if (found >= mostTraining)
    throw new StudioError(
      'busy',
      `Expected fewer than ${mostTraining} runs in training, found ${found}. Stop one, or wait until one has finished.`,
      { training: found },
    )
}

async function confirmed(
  context: Context,
  reached: Promise<boolean>,
  command: string,
): Promise<void> {
  if (await reached) return
  throw new StudioError(
    'host-failed',
    `Expected the training process to ${command} within ${context.limits.command / 1000} s, found no answer. Wait a little, or stop the run and resume it.`,
  )
}

/** Resolves once the run's trainer is there, if it is being started. */
export async function launched(context: Context, run: string): Promise<void> {
  while (context.launching.has(run)) await new Promise((resolve) => setTimeout(resolve, 10))
}

async function liveRun(
  context: Context,
  reference: string,
  wanted: string,
): Promise<{ run: Run; trainer: LiveTrainer }> {
  const { id } = findRun(context.store, reference)
  await launched(context, id)
  const run = current(context, id)
  const trainer = context.trainers.get(run.id)
  if (!trainer)
    throw wrongState(
      run,
      'a run in training',
      run.status === 'finished'
        ? 'Nothing needs to be done.'
        : `It cannot be ${wanted}; resume it to continue.`,
    )
  return { run, trainer }
}

function refuseResume(run: Run): void {
  if (run.deletedAt !== null) throw wrongState(run, 'a run outside the trash', 'Restore it first.')
  // an exact resume needs the optimizer's state and the place in the data; weights alone carry
  // neither
  if (run.status === 'finished' && run.startedAt === null)
    throw wrongState(
      run,
      'a run that was trained here',
      'Only its weights were imported, without optimizer state. Start a new run to train.',
    )
  if (run.status === 'finished')
    throw wrongState(
      run,
      'a run with steps left',
      'To train longer, start a new run with a greater length.',
    )
  if (run.status === 'diverged')
    throw wrongState(
      run,
      'a run that can continue',
      'The same steps would diverge again: start a new run with a lower learning rate.',
    )
}

function wrongState(run: Run, expected: string, next: string): StudioError {
  const found = run.deletedAt === null ? run.status : 'in the trash'
  return new StudioError(
    'wrong-state',
    `Expected ${expected}, found "${run.name}" ${found}. ${next}`,
    {
      run: run.id,
      status: run.status,
    },
  )
}

function current(context: Context, id: string): Run {
  const run = readRun(context.store, id)
  if (!run)
    throw new StudioError('not-found', `Expected the run ${id}, found none: it no longer exists.`)
  return run
}

// What the table of settings cannot know: the data set's name and size.
function checkAgainstData(config: RunConfig): void {
  const problem = (key: string, message: string) =>
    new StudioError('bad-config', message, { problems: [{ key, message }] })
  let info: DatasetInfo
  try {
    info = datasetInfo(config.dataset)
  } catch (error) {
    throw problem('dataset', (error as Error).message)
  }
  if (config.batchSize > info.images.train)
    throw problem(
      'batchSize',
      `Batch size: expected at most the ${info.images.train} training images of ${info.name}, found ${config.batchSize}.`,
    )
  const steps =
    config.length *
    (config.lengthUnit === 'epochs' ? Math.floor(info.images.train / config.batchSize) : 1)
  if (steps > maximumSteps)
    throw problem(
      'length',
      `Length: expected at most ${maximumSteps.toLocaleString('en')} steps, found ${steps.toLocaleString('en')}. Choose a shorter run.`,
    )
}

function newRun(context: Context, config: RunConfig, input: NewRun): Run {
  return {
    ...untrained,
    id: newRunId(),
    name: input.name ?? freeName(context, input.preset, config),
    model: config.model,
    status: input.start ? 'preparing' : 'stopped',
    statusReason: input.start ? 'Starting' : 'Not started yet. Resume the run to start it.',
    config,
    preset: input.preset,
    step: 0,
    totalSteps: config.lengthUnit === 'steps' ? config.length : 0,
    stepsPerEpoch: 0,
    parameterCount: 0,
    createdAt: Date.now(),
    colour: nextColour(context.store),
  }
}

// "The tutorial's VAE", "tutorial seed=1", ...: a name that finds one run.
function freeName(context: Context, preset: string | null, config: RunConfig): string {
  const known = preset !== null && Object.hasOwn(presets, preset) ? (preset as PresetName) : null
  return presetRunName(known, config, (name) => !isFree(context, name))
}

/** Whether no run is found by this name. */
export function isFree(context: Context, name: string): boolean {
  try {
    findRun(context.store, name)
    return false
  } catch (error) {
    return (
      error instanceof StudioError &&
      error.code === 'not-found' &&
      (error.data['matches'] as string[] | undefined)?.length === 0
    )
  }
}
