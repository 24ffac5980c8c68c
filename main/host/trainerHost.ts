// The trainer role: one run. Prepares it (backend, data, program, state), then gives the training
// loop its surroundings: the clock, controls between chunks, live requests, and a way for
// everything made to reach main.
import { asStudioError, StudioError } from '../../preload/contract/errors.ts'
import type { Validation } from '../../preload/contract/records.ts'
import {
  adaptiveChunks,
  BUSY_MILLISECONDS,
  CALM_MILLISECONDS,
  fixedChunks,
  type ChunkLength,
} from '../engine/chunks.ts'
import { validate } from '../engine/evaluation.ts'
import { train, type Surroundings } from '../engine/train.ts'
import { VariationalAutoencoder } from '../engine/model.ts'
import { dispose } from '../engine/tf.ts'
import { KeptCodes } from './analyses/codes.ts'
import { analyse } from './analyses/index.ts'
import { subjectOf } from './analyses/subject.ts'
import { answer } from './latentAnswers.ts'
import { checkpointWriter } from './checkpointWriter.ts'
import { drawFrame } from './drawFrame.ts'
import { planFrameWeights, weightsOf, type FrameWeightsPlan } from './frameWeights.ts'
import type { Line } from './hostChannel.ts'
import { MetricsBatcher } from './metricsBatcher.ts'
import { prepare, RungFailed, type Prepared } from './preparation.ts'
import type { FromHost, ToHost, TrainerStart } from './protocol.ts'
import { Stages } from './stages.ts'
import { Warmth } from './warmth.ts'

/** Messages of metrics sent but not yet stored before the loop waits for main. */
const MAXIMUM_UNSTORED = 24
const DRAG_MEMORY_MILLISECONDS = 400
/**
 * So many decodes within that time are somebody's drag; then training rests so long between two
 * chunks.
 */
const DRAG_DECODES = 4
const DRAG_REST_MILLISECONDS = 12

export function trainerRole(line: Line): void {
  let session: Session | null = null
  const early: ToHost[] = [] // controls that arrive while the run is prepared
  const warmth = new Warmth((message) => line.send(message))
  line.onMessage((message) => {
    if (message.kind === 'warm') return warmth.prepareFor(message)
    if (message.kind !== 'train') {
      if (session) session.receive(message)
      else early.push(message)
      return
    }
    run(line, message, warmth, (started) => {
      session = started
      for (const waiting of early) started.receive(waiting)
    }).catch((thrown: unknown) => {
      if (thrown instanceof RungFailed)
        return line.end({ kind: 'rung-failed', rung: thrown.rung, reason: thrown.message }, 0)
      const { code, message: text, data } = asStudioError(thrown)
      if (code === 'internal') console.error(thrown)
      line.end({ kind: 'failed', code, message: text, data }, 0)
    })
  })
}

async function run(
  line: Line,
  start: TrainerStart,
  warmth: Warmth,
  started: (session: Session) => void,
): Promise<void> {
  const stages = new Stages((message) => line.send(message))
  if (warmth.stage) stages.begin(warmth.stage)
  await warmth.settled(start.config)
  const tell = (message: FromHost) =>
    message.kind === 'stage' ? stages.begin(message.text) : line.send(message)
  const prepared = await prepare(start, tell, (model, fixedImages) => {
    line.send({ kind: 'frame', step: 0, ...drawFrame(model, fixedImages) })
  })
  stages.end()
  const session = new Session(line, start, prepared)
  started(session)
  line.send({ ...prepared.started, stages: stages.ended })
  const { plan, program, progress } = prepared
  const outcome = await train(
    plan,
    program,
    progress,
    session.chunk,
    session.surroundings(),
  ).finally(() => session.batcher.flush())
  await session.writer.settled()
  line.end({ kind: 'ended', ...outcome }, 0)
}

class Session {
  readonly chunk: ChunkLength
  readonly writer: ReturnType<typeof checkpointWriter>
  readonly batcher: MetricsBatcher
  private readonly line: Line
  private readonly prepared: Prepared
  private readonly frameWeights: FrameWeightsPlan
  private paused: boolean
  private stopping = false
  private announced: 'running' | 'paused' | null = null
  private unstored: number[] = []
  private lastLive = -Infinity
  private readonly decodes: number[] = [] // when the last DRAG_DECODES were asked for
  private readonly kept = new KeptCodes()
  private readonly analyses = new Map<number, AbortController>()
  private wake: () => void = () => undefined

  constructor(line: Line, start: TrainerStart, prepared: Prepared) {
    this.line = line
    this.prepared = prepared
    this.frameWeights = planFrameWeights(prepared.plan.frameSteps, prepared.started.parameterCount)
    this.paused = start.startPaused
    this.chunk = start.chunkSteps === null ? adaptiveChunks() : fixedChunks(start.chunkSteps)
    this.writer = checkpointWriter(start.folder, prepared, (written) =>
      this.tell({ kind: 'checkpoint', ...written }),
    )
    this.batcher = new MetricsBatcher(prepared.plan.config.batchSize, (message) => {
      this.unstored.push(message.firstStep + message.count - 1)
      line.send(message)
    })
  }

  receive(message: ToHost): void {
    if (message.kind === 'pause') this.pause()
    else if (message.kind === 'resume') this.paused = false
    else if (message.kind === 'stop') this.stopping = true
    else if (message.kind === 'stored')
      this.unstored = this.unstored.filter((step) => step > message.step)
    else if (message.kind === 'latent') this.live(message)
    else if (message.kind === 'analyse')
      this.analyse(message).catch((thrown: unknown) => this.refuse(message.id, thrown))
    else if (message.kind === 'cancel')
      this.analyses
        .get(message.id)
        ?.abort(new StudioError('cancelled', 'The request was cancelled.'))
    this.wake()
  }

  surroundings(): Surroundings {
    const { program, progress } = this.prepared
    return {
      now: () => performance.now(),
      turn: (step) => this.turn(step),
      metrics: (firstStep, rows, milliseconds) => this.batcher.add(firstStep, rows, milliseconds),
      validate: (step) => {
        this.batcher.flush() // it takes a while, and the chart need not wait for it
        return this.validate(step)
      },
      validated: (validation, best) => this.tell({ kind: 'validation', validation, best }),
      frame: (step) => this.withModel((model) => this.frame(step, model)),
      checkpoint: (_step, reason) => {
        const written = this.writer.write(program.read, progress, reason)
        written.catch(() => undefined) // the loop awaits only the last one; the next turn tells of the others
        return written
      },
      checkpointDue: () => this.writer.due(),
    }
  }

  // Between two chunks: lets messages in, waits while paused or while main is behind.
  private async turn(step: number): Promise<'go on' | 'stop'> {
    await new Promise((resolve) => setImmediate(resolve))
    this.writer.throwIfFailed()
    this.chunk.aim(
      performance.now() - this.lastLive < DRAG_MEMORY_MILLISECONDS
        ? BUSY_MILLISECONDS
        : CALM_MILLISECONDS,
    )
    // the cores are for the page and the decoder as well: whoever drags waits for pictures, not for
    // steps
    if (this.dragged()) await new Promise((resolve) => setTimeout(resolve, DRAG_REST_MILLISECONDS))
    while (!this.stopping && this.unstored.length > MAXIMUM_UNSTORED) await this.nextMessage()
    if (this.paused && !this.stopping) this.keepPaused()
    while (this.paused && !this.stopping) {
      this.writer.throwIfFailed()
      this.announce('paused', step)
      await this.nextMessage()
    }
    if (this.stopping) return 'stop'
    this.announce('running', step)
    return 'go on'
  }

  // Messages are only ever handled while no step is under way and none begins before the next turn,
  // so training has stopped already: people are told at once, the checkpoint and what is left of a
  // validation follow.
  private pause(): void {
    this.paused = true
    if (this.announced === 'running') this.announce('paused', this.prepared.progress.step)
  }

  // Whoever resumes need not wait for the disk; a disk that fails ends the pause.
  private keepPaused(): void {
    const { program, progress } = this.prepared
    this.writer.write(program.read, progress, 'pause').catch(() => this.wake())
  }

  private announce(state: 'running' | 'paused', step: number): void {
    if (this.announced === state) return
    this.announced = state
    this.tell({ kind: 'state', state, step })
  }

  /** News of the run: never before the metrics of the steps that it follows. */
  private tell(message: FromHost): void {
    this.batcher.flush()
    this.line.send(message)
  }

  private nextMessage(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve))
  }

  private async validate(step: number): Promise<Validation> {
    const { plan, program, image, validation } = this.prepared
    const parameters = program.parameters()
    const model = new VariationalAutoencoder(plan.config, image, parameters, this.prepared.apply)
    const measured = await validate(
      model,
      validation,
      () => new Promise((resolve) => setImmediate(resolve)),
    )
    dispose(parameters)
    return {
      step,
      reconstruction: measured.reconstruction,
      kl: measured.kl,
      total: measured.negativeElbo,
      klPerDimension: measured.klPerDimension,
      activeUnits: measured.activeUnits,
    }
  }

  // Steps are synchronous, so a message is only ever handled between two chunks: the weights are
  // whole.
  private live(message: Extract<ToHost, { kind: 'latent' }>): void {
    this.lastLive = performance.now()
    if (message.request.kind === 'decode') this.decodes.push(this.lastLive)
    if (this.decodes.length > DRAG_DECODES) this.decodes.shift()
    try {
      this.withModel((model) =>
        this.line.send({
          kind: 'answer',
          id: message.id,
          value: answer(message.request, model, this.prepared.progress.step, this.prepared.dataset),
        }),
      )
    } catch (thrown) {
      this.refuse(message.id, thrown)
    }
  }

  private frame(step: number, model: VariationalAutoencoder): void {
    const { fixedImages, progress } = this.prepared
    this.tell({ kind: 'frame', step, ...drawFrame(model, fixedImages) })
    const { steps, precision } = this.frameWeights
    if (steps.has(step)) this.writer.writeFrame(weightsOf(model.parameters), progress, precision)
  }

  private dragged(): boolean {
    return (
      this.decodes.length === DRAG_DECODES &&
      performance.now() - this.decodes[0]! < DRAG_MEMORY_MILLISECONDS
    )
  }

  // Takes several turns, between which training goes on: the question keeps the weights of the
  // moment it was asked.
  private async analyse({ id, question }: Extract<ToHost, { kind: 'analyse' }>): Promise<void> {
    this.lastLive = performance.now()
    const { plan, program, image, apply, dataset, progress } = this.prepared
    const parameters = program.parameters()
    const cancel = new AbortController()
    this.analyses.set(id, cancel)
    try {
      const model = new VariationalAutoencoder(plan.config, image, parameters, apply)
      const parts = {
        model,
        step: progress.step,
        dataset,
        cancelled: cancel.signal,
        progress: () => undefined,
      }
      this.line.send({
        kind: 'answer',
        id,
        value: await analyse(question, subjectOf(parts, this.kept, '')),
      })
    } finally {
      this.analyses.delete(id)
      dispose(parameters)
    }
  }

  private refuse(id: number, thrown: unknown): void {
    const { code, message, data } = asStudioError(thrown)
    if (code === 'internal') console.error(thrown)
    this.line.send({ kind: 'refused', id, code, message, data })
  }

  private withModel(use: (model: VariationalAutoencoder) => void): void {
    const { plan, program, image } = this.prepared
    const parameters = program.parameters()
    try {
      use(new VariationalAutoencoder(plan.config, image, parameters, this.prepared.apply))
    } finally {
      dispose(parameters)
    }
  }
}
