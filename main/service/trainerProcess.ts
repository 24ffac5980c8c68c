// One run in training: its host process, what it reports, and how it can end. However the process
// ends, the run ends in a status that says so: a crash or a silence makes it `interrupted`, never a
// hung "running".
import { StudioError } from '../../preload/contract/errors.ts'
import type { Rung } from '../../preload/contract/runConfig.ts'
import type { Checkpoint, Run, Stage } from '../../preload/contract/records.ts'
import type { AvoidedRung, FromHost, HostPort } from '../host/protocol.ts'
import { usableCheckpoints } from '../store/checkpointRows.ts'
import { runFolder } from '../store/open.ts'
import { updateRun } from '../store/runs.ts'
import { note, type Context } from './context.ts'
import { HostClient } from './hostClient.ts'
import type { LiveTrainer, TrainerState } from './liveTrainer.ts'
import {
  recordCheckpoint,
  recordEnd,
  recordFrame,
  recordMetrics,
  recordStarted,
  recordState,
  recordValidation,
} from './runRecorder.ts'

export interface TrainerOptions {
  run: Run
  /** Where to go on from, with the path of its file; null: step 0. */
  checkpoint: (Checkpoint & { path: string }) | null
  /** The run has been trained before. */
  again: boolean
  /**
   * The host found the checkpoint damaged: go on from another one. Nothing of this trainer is left
   * by then.
   */
  onDamaged(reason: string): void
  /** Backends that this run could not be started on. */
  avoid: AvoidedRung[]
  /** To wait, once it is ready, until it is resumed. */
  startPaused: boolean
  /**
   * It could not be started on a backend of its own choice: take another. Nothing of this trainer
   * is left by then.
   */
  onRungFailed(failed: AvoidedRung, paused: boolean): void
}

export class Trainer implements LiveTrainer {
  readonly line: HostClient
  readonly pid: number | null
  state: TrainerState = 'preparing'
  private readonly context: Context
  private readonly options: TrainerOptions
  private readonly port: HostPort
  private readonly changes = new Set<() => void>()
  private stages: Stage[] = []
  private stageBegan = performance.now()
  private readonly watchdog: NodeJS.Timeout
  private readonly watchEvery: number
  private heardAt = Date.now()
  private watchedAt = Date.now()
  private stopReason = ''
  private pauseWaits: boolean
  /** The backend that is being loaded: should the process die, that is its doing. */
  private trying: Rung | null = null

  constructor(context: Context, options: TrainerOptions) {
    this.context = context
    this.watchEvery = Math.min(5000, context.limits.trainingSilence / 2)
    this.options = options
    this.pauseWaits = options.startPaused
    const { backend, mode, threads, config } = options.run
    const wanted = backend && mode ? { backend, threads: threads ?? 0 } : config
    // one that has loaded a backend already cannot leave it out
    this.port =
      (options.avoid.length === 0 ? context.warm.take(wanted) : null) ?? context.fork('trainer')
    this.pid = this.port.pid
    this.line = new HostClient(this.port)
    this.port.onMessage((message) => this.receive(message))
    this.port.onExit((reason, manner) => this.onExit(reason, manner === 'failed'))
    this.watchdog = setInterval(() => this.checkSilence(), this.watchEvery)
    this.watchdog.unref()
    this.start()
  }

  get preparation(): NonNullable<Run['preparation']> {
    return { stages: this.stages, elapsed: (performance.now() - this.stageBegan) / 1000 }
  }

  pause(): void {
    this.pauseWaits = this.state === 'preparing'
    this.port.send({ kind: 'pause' })
  }

  takeBackPause(): boolean {
    if (!this.pauseWaits || this.state !== 'preparing') return false
    this.pauseWaits = false
    this.port.send({ kind: 'resume' })
    return true
  }

  resume(): void {
    this.port.send({ kind: 'resume' })
  }

  stop(reason: string): void {
    this.stopReason = reason
    if (this.state === 'preparing') return this.stopBeforeTraining()
    this.port.send({ kind: 'stop' })
  }

  // No step was made since the last checkpoint, so there is nothing to save; and a host that loads
  // or compiles hears nothing for longer than whoever stops it may be able to wait.
  private stopBeforeTraining(): void {
    this.finish('stopped', this.stopReason || this.withResume('Stopped before training began.'))
    this.port.kill()
  }

  abandon(reason: string): void {
    this.finish('interrupted', this.withResume(reason))
    this.port.kill()
  }

  reached(states: TrainerState[], limit: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (reached: boolean) => {
        clearTimeout(timer)
        this.changes.delete(check)
        resolve(reached)
      }
      const check = () => {
        if (this.state === 'over' || states.includes(this.state)) settle(true)
      }
      const timer = setTimeout(() => settle(false), limit)
      this.changes.add(check)
      check()
    })
  }

  private start(): void {
    const { run, checkpoint } = this.options
    const { backend, mode, threads } = run
    this.port.send({
      kind: 'train',
      run: run.id,
      config: run.config,
      folder: runFolder(this.context.store, run.id),
      cacheFolder: this.context.cacheFolder,
      checkpoint: checkpoint
        ? { file: checkpoint.path, sha256: checkpoint.sha256, step: checkpoint.step }
        : null,
      recorded: backend && mode ? { backend, mode, threads: threads ?? 0 } : null,
      chunkSteps: this.context.chunkSteps,
      startPaused: this.options.startPaused,
      avoid: this.options.avoid,
    })
  }

  private receive(message: FromHost): void {
    if (this.state === 'over') return
    this.heardAt = Date.now()
    if (this.line.take(message)) return
    try {
      this.record(message)
    } catch (thrown) {
      // the disk is full or gone: training on would only lose more
      this.abandon(thrown instanceof Error ? thrown.message : String(thrown))
    }
  }

  private record(message: FromHost): void {
    const { context } = this
    const { run, again } = this.options
    switch (message.kind) {
      case 'started':
        recordStarted(context, run.id, message, again)
        return this.change('running')
      case 'metrics':
        return this.port.send({ kind: 'stored', step: recordMetrics(context, run.id, message) })
      case 'validation':
        return recordValidation(context, run.id, message)
      case 'frame':
        return recordFrame(context, run.id, message)
      case 'checkpoint':
        return recordCheckpoint(context, run, message)
      case 'state':
        recordState(context, run.id, message)
        return this.change(message.state)
      case 'stage':
        this.stages = [...(message.before ?? []), { text: message.text, seconds: null }]
        this.stageBegan = performance.now()
        updateRun(context.store, run.id, { statusReason: message.text })
        return context.announcements.tell(run.id, 'run')
      case 'trying':
        this.trying = message.rung
        return
      case 'rung-left':
        return note(context, run.id, 'note', run.step, leftText(message))
      case 'rung-failed':
        return this.onRungFailed(message)
      case 'ended':
        return this.finish(
          message.outcome,
          message.outcome === 'stopped' && this.stopReason ? this.stopReason : message.reason,
        )
      case 'failed':
        return this.onFailed(new StudioError(message.code, message.message, message.data))
    }
  }

  private onFailed(error: StudioError): void {
    if (error.code !== 'damaged-checkpoint' || !this.options.checkpoint)
      return this.finish('failed', error.message)
    this.release()
    this.port.kill()
    this.options.onDamaged(error.message)
    this.change('over')
  }

  /**
   * The next best backend is taken by a new process, unless this one was chosen or the run's record
   * names it.
   */
  private onRungFailed(failed: AvoidedRung): void {
    const { run } = this.options
    if (run.backend !== null || run.config.backend !== 'auto')
      return this.finish(
        'failed',
        `The backend ${failed.rung} does not work here (${failed.reason}). ${fixedAdvice(run)}`,
      )
    this.release()
    this.port.kill()
    note(this.context, run.id, 'note', run.step, leftText(failed))
    this.options.onRungFailed({ rung: failed.rung, reason: failed.reason }, this.pauseWaits)
    this.change('over')
  }

  private onExit(reason: string, ownFailure: boolean): void {
    this.line.fail(reason)
    // A signal to our whole group also reaches a host that is just forked, before it has a group of
    // its own.
    if (this.state === 'preparing' && /^killed by SIG(INT|TERM|HUP)\b/.test(reason))
      return this.stopBeforeTraining()
    const rung = this.state === 'preparing' && ownFailure ? this.trying : null
    if (rung !== null) return this.onRungFailed({ rung, reason: `its process ended: ${reason}` })
    if (this.state !== 'over')
      this.finish('interrupted', this.withResume(`The training process ended (${reason}).`))
  }

  private checkSilence(): void {
    // a machine that slept did not listen either
    if (Date.now() - this.watchedAt > 2 * this.watchEvery + 1000) this.heardAt = Date.now()
    this.watchedAt = Date.now()
    const { trainingSilence, preparingSilence } = this.context.limits
    const limit = this.state === 'preparing' ? preparingSilence : trainingSilence
    // a paused trainer has nothing to say
    if (this.state === 'paused' || Date.now() - this.heardAt < limit) return
    this.abandon(
      `The training process did not respond for ${Math.round(limit / 1000)} s and was terminated.`,
    )
  }

  private withResume(reason: string): string {
    const step = usableCheckpoints(this.context.store, this.options.run.id)[0]?.step ?? 0
    return `${reason} Resume the run to continue from step ${step}.`
  }

  private finish(
    status: 'finished' | 'stopped' | 'diverged' | 'failed' | 'interrupted',
    reason: string,
  ): void {
    this.release()
    // a host that said its last word ends by itself
    setTimeout(() => this.port.kill(), 5000).unref()
    try {
      recordEnd(this.context, this.options.run.id, status, reason)
    } catch {
      // not even that could be stored; the row still says running, and library.ts shows it as
      // interrupted
      this.context.announcements.tell(this.options.run.id, 'run')
    } finally {
      this.change('over')
    }
  }

  private release(): void {
    this.state = 'over'
    clearInterval(this.watchdog)
    if (this.context.trainers.get(this.options.run.id) === this)
      this.context.trainers.delete(this.options.run.id)
    this.context.warm.reconsider()
    this.line.fail('training is over')
  }

  private change(state: TrainerState): void {
    this.state = state
    for (const check of [...this.changes]) check()
  }
}

/** The line in a run's events, and on the terminal. */
function leftText({ rung, reason }: AvoidedRung): string {
  return `The backend ${rung} could not be used: ${reason.replace(/\.$/, '')}. Using the next one.`
}

function fixedAdvice(run: Run): string {
  return run.backend === null
    ? 'Choose another backend, or auto; `latent backends` lists them.'
    : 'The run was trained on this backend and can only resume on it. Install it again (`latent runtime install`), or start a new run.'
}
