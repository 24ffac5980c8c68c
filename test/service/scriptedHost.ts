// A host program that computes nothing: it speaks the host protocol by a script, so that
// supervision can be tested (crashes, silence, damaged files) without waiting for a real training.
// The run's seed chooses the script. Metrics are functions of the step alone: reconstruction 1000 /
// step, kl step, objective their sum.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FromHost, ToHost, TrainerStart } from '../../main/host/protocol.ts'

/** Seeds of run configurations and what a trainer does with them. */
export const scripts = {
  /** Ten steps every 5 ms, a checkpoint every 100 steps, until the length of the configuration. */
  wellBehaved: 1,
  /** Prints an error and exits with code 3 at step 150. */
  crash: 2,
  /** Says nothing any more after step 50. */
  silent: 3,
  /** Waits at step 250; refuses its checkpoint as damaged when it is the one of step 200. */
  refusesStep200: 4,
  /** Never gets ready. */
  neverReady: 5,
  /** Diverges at step 120. */
  diverges: 6,
  /** Fails while it prepares. */
  fails: 7,
  /** Ignores pause and stop. */
  deaf: 8,
  /** Dies while it loads `tensorflow`, says that `wasm` cannot be loaded, and trains on `js`. */
  badBackends: 9,
  /** Its frames keep weights; exits with code 3 at step 180, the first time. */
  framesThenCrash: 10,
} as const

const send = (message: FromHost) => void process.send?.(message)
const role = process.argv[2]
let start: TrainerStart | undefined
let working: NodeJS.Timeout | undefined
let step = 0
let paused = false
let stopping = false
let cancelled = 0
const jobs = new Map<number, NodeJS.Timeout>()

process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToHost) => {
  if (message.kind === 'train') train(message)
  else if (message.kind === 'pause' && start?.config.seed === scripts.badBackends && !working)
    paused = true
  else if (message.kind === 'warm')
    send({ kind: 'warmed', backend: 'js', threads: message.config.threads || 1, compiled: false })
  else if (message.kind === 'pause' && start?.config.seed !== scripts.deaf) state('paused')
  else if (message.kind === 'resume') state('running')
  else if (message.kind === 'stop') stopping = start?.config.seed !== scripts.deaf
  else if (message.kind === 'latent') latent(message)
  else if (message.kind === 'evaluate') evaluate(message.id)
  else if (message.kind === 'ladder')
    send({
      kind: 'answer',
      id: message.id,
      value: { active: 'js', ladder: [{ rung: 'js', ok: true, reason: `${cancelled} cancelled` }] },
    })
  else if (message.kind === 'cancel') cancel(message.id)
})

function train(message: TrainerStart): void {
  start = message
  const { config, checkpoint } = message
  if (config.seed === scripts.neverReady) return
  send({ kind: 'stage', text: 'Preparing' })
  if (config.seed === scripts.fails)
    return send({
      kind: 'failed',
      code: 'no-backend',
      message: 'Expected a backend, found none. Install one.',
      data: {},
    })
  if (config.seed === scripts.refusesStep200 && checkpoint?.step === 200)
    return send({
      kind: 'failed',
      code: 'damaged-checkpoint',
      message: 'its weights are no weights.',
      data: {},
    })
  if (config.seed === scripts.badBackends && !loaded(message)) return
  step = checkpoint?.step ?? 0
  const known = {
    backend: 'js',
    backendVersion: 'scripted',
    mode: 'eager',
    threads: 1,
    stepsPerEpoch: 100,
    parameterCount: 7,
    datasetHash: 'none',
    compileSeconds: 0,
    note: '',
  } as const
  send({ kind: 'started', ...known, totalSteps: config.length, step })
  if (message.startPaused) state('paused')
  working = setInterval(chunk, 5)
}

function loaded({ config, avoid }: TrainerStart): boolean {
  const left = (['tensorflow', 'wasm', 'js'] as const).filter(
    (rung) => !avoid.some((one) => one.rung === rung),
  )
  const rung = config.backend === 'auto' ? left[0]! : (config.backend as 'tensorflow')
  send({ kind: 'trying', rung })
  if (rung === 'tensorflow') {
    const words =
      'F0000 00:00:17.8 1 flags.cc:2] Unknown flag\n(node:7) [DEP0044] DeprecationWarning: `isArray` is an error\n'
    process.stderr.write(words, () => process.exit(1))
    return false
  }
  if (rung === 'wasm') send({ kind: 'rung-failed', rung, reason: 'no room for it.' })
  return rung === 'js'
}

function chunk(): void {
  const { config } = start!
  if (stopping) return end('stopped')
  if (paused) return
  if (config.seed === scripts.silent && step >= 50) return
  if (config.seed === scripts.refusesStep200 && step >= 250) return
  if (config.seed === scripts.diverges && step >= 120) return end('diverged')
  if (config.seed === scripts.crash && step >= 150) {
    process.stderr.write('Error: the script says so\n    at a line of a stack\n')
    process.exit(3)
  }
  if (config.seed === scripts.framesThenCrash && step >= 180 && start!.checkpoint === null)
    process.exit(3)
  // a long run takes larger chunks, so that a test of its length is short
  const steps = Array.from(
    { length: Math.min(config.length === 45_000 ? 500 : 10, config.length - step) },
    (_, index) => step + 1 + index,
  )
  const columns = {
    reconstruction: Float32Array.from(steps, (each) => 1000 / each),
    kl: Float32Array.from(steps),
    objective: Float32Array.from(steps, (each) => 1000 / each + each),
  }
  send({
    kind: 'metrics',
    firstStep: step + 1,
    count: steps.length,
    columns,
    seconds: 0.005,
    imagesPerSecond: 2000,
  })
  step += steps.length
  if (step % 50 === 0)
    send({
      kind: 'frame',
      step,
      grid: 2,
      tileWidth: 2,
      tileHeight: 2,
      reconstructions: 0,
      pixels: new Uint8Array(16).fill(step % 256),
    })
  if (step % 50 === 0 && config.seed === scripts.framesThenCrash) save('frame')
  if (step % 100 === 0)
    send({
      kind: 'validation',
      validation: {
        step,
        reconstruction: 1000 / step,
        kl: 1,
        total: 1000 / step + 1,
        klPerDimension: [1, 0],
      },
      best: true,
    })
  if (step % 100 === 0) save('interval')
  if (step >= config.length) end('finished')
}

function save(reason: 'interval' | 'stop' | 'end' | 'frame'): void {
  const bytes = Buffer.from(`the weights of step ${step}`)
  const file = `step-${step}-${reason === 'frame' ? `frame-${process.pid}` : reason}.safetensors`
  writeFileSync(join(start!.folder, file), bytes)
  send({
    kind: 'checkpoint',
    step,
    reason,
    file,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    validationTotal: null,
  })
}

function end(outcome: 'finished' | 'stopped' | 'diverged'): void {
  if (outcome !== 'diverged') save(outcome === 'finished' ? 'end' : 'stop')
  clearInterval(working)
  const last: FromHost = {
    kind: 'ended',
    outcome,
    step,
    reason: outcome === 'diverged' ? `kl is NaN at step ${step}` : '',
  }
  // an exit drops what the channel has not taken yet
  process.send?.(last, () => process.exit(0))
}

function state(now: 'running' | 'paused'): void {
  paused = now === 'paused'
  send({ kind: 'state', state: now, step })
}

// Pixels hold the step of the weights that answered. A point that begins with 99 is never answered,
// 66 is deadly.
function latent({ id, model, request }: Extract<ToHost, { kind: 'latent' }>): void {
  if (request.kind === 'encode' && request.images.kind === 'pixels') {
    const sum = request.images.pixels.reduce((total, value) => total + value, 0)
    return send({
      kind: 'answer',
      id,
      value: {
        step,
        count: 1,
        width: 1,
        height: 1,
        channels: 1,
        latentSize: 2,
        labels: [],
        bytes: new Uint8Array(Float32Array.of(sum, 0, 0, 0).buffer),
      },
    })
  }
  if (request.kind !== 'decode' || request.z[0] === 99) return
  if (request.z[0] === 66) process.kill(process.pid, 'SIGKILL')
  const at = model?.step ?? step
  send({
    kind: 'answer',
    id,
    value: {
      step: at,
      count: request.count,
      width: 28,
      height: 28,
      channels: 1,
      latentSize: 2,
      labels: [],
      bytes: new Uint8Array(request.count * 784).fill(at % 256),
    },
  })
}

function evaluate(id: number): void {
  let done = 0
  const timer = setInterval(() => {
    done += 1
    send({
      kind: 'progress',
      id,
      progress: { stage: 'Evaluating', done, total: 20, unit: 'images' },
    })
    if (done < 20) return
    cancel(id)
    send({
      kind: 'answer',
      id,
      value: {
        likelihood: role ?? '',
        split: 'test',
        images: 20,
        step,
        reconstruction: 1,
        kl: 2,
        negativeElbo: 3,
        klPerDimension: [2],
        activeUnits: 1,
        squaredError: 4,
        greyCrossEntropy: null,
      },
    })
    cancelled -= 1
  }, 10)
  jobs.set(id, timer)
}

function cancel(id: number): void {
  if (!jobs.has(id)) return
  clearInterval(jobs.get(id))
  jobs.delete(id)
  cancelled += 1
}
