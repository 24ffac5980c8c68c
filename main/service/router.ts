// The contract, procedure by procedure: each is one line that hands its input to the file that
// knows.
import { implement } from '@orpc/server'
import { parseConfig } from '../../preload/contract/config.ts'
import { contract } from '../../preload/contract/index.ts'
import { listDatasets } from '../datasets/index.ts'
import { listCheckpoints } from '../store/checkpointRows.ts'
import { listEvents } from '../store/events.ts'
import { listFrames } from '../store/frameRows.ts'
import { findRun } from '../store/runs.ts'
import { listValidations } from '../store/validations.ts'
import { clusters, density, explain, nearest, project, statistics } from './analysis.ts'
import type { Context } from './context.ts'
import { createRun, pauseRun, resumeRun, stopRun } from './control.ts'
import { desktopProcedures, type DesktopShell } from './desktopProcedures.ts'
import { readDownload } from './downloads.ts'
import { previewExport } from './exports.ts'
import { followRun } from './follow.ts'
import { readImages } from './images.ts'
import { cancelJob, getJob, getJobs, removeJob, startJob } from './runningJobs.ts'
import { followJob, watchJobs } from './jobUpdates.ts'
import { asImages, askLatent } from './latentRequests.ts'
import {
  getFrame,
  getMetrics,
  getRun,
  getRuns,
  noteRun,
  removeRun,
  renameRun,
  restoreRun,
} from './library.ts'
import { decodeRequest, encodeRequest, manifoldRequest, reconstructRequest } from './questions.ts'
import { backends, runtimes, systemStatus } from './system.ts'
import { beginUpload, discardUpload, takePiece } from './uploads.ts'
import { watchRuns } from './watch.ts'

const of = implement(contract)

/** `shell`: of the window that asks; null for browsers and the command line. */
export function createRouter(context: Context, shell: DesktopShell | null) {
  return of.router({
    system: system(context),
    runs: runs(context),
    latent: latent(context),
    analysis: analysis(context),
    data: data(),
    exports: modelExports(context),
    jobs: jobs(context),
    uploads: uploads(context),
    desktop: desktopProcedures(shell),
  })
}

function system(context: Context) {
  return {
    status: of.system.status.handler(() => systemStatus(context)),
    backends: of.system.backends.handler(({ input, signal }) =>
      backends(context, input.force, signal),
    ),
    runtime: of.system.runtime.handler(() => runtimes(context)),
  }
}

function runs(context: Context) {
  const id = (input: { run: string }) => findRun(context.store, input.run).id
  return {
    list: of.runs.list.handler(({ input }) => getRuns(context, input.deleted)),
    watch: of.runs.watch.handler(({ signal }) => watchRuns(context, signal)),
    get: of.runs.get.handler(({ input }) => getRun(context, input.run)),
    create: of.runs.create.handler(({ input }) => createRun(context, input)),
    foresee: of.runs.foresee.handler(({ input }) => {
      context.warm.foresee(parseConfig(input.config))
      return null
    }),
    pause: of.runs.pause.handler(({ input }) => pauseRun(context, input.run)),
    resume: of.runs.resume.handler(({ input }) => resumeRun(context, input.run)),
    stop: of.runs.stop.handler(({ input }) => stopRun(context, input.run)),
    rename: of.runs.rename.handler(({ input }) => renameRun(context, input.run, input.name)),
    note: of.runs.note.handler(({ input }) => noteRun(context, input.run, input.notes)),
    remove: of.runs.remove.handler(({ input }) => removeRun(context, input.run)),
    restore: of.runs.restore.handler(({ input }) => restoreRun(context, input.run)),
    follow: of.runs.follow.handler(({ input, signal }) =>
      followRun(context, input.run, input.fromStep, signal),
    ),
    metrics: of.runs.metrics.handler(({ input }) => getMetrics(context, input)),
    validations: of.runs.validations.handler(({ input }) =>
      listValidations(context.store, id(input)),
    ),
    checkpoints: of.runs.checkpoints.handler(({ input }) =>
      listCheckpoints(context.store, id(input)),
    ),
    frames: of.runs.frames.handler(({ input }) => listFrames(context.store, id(input))),
    frame: of.runs.frame.handler(({ input }) => getFrame(context, input.run, input.step)),
    events: of.runs.events.handler(({ input }) => listEvents(context.store, id(input))),
  }
}

function latent(context: Context) {
  return {
    decode: of.latent.decode.handler(async ({ input, signal }) =>
      asImages(
        await askLatent(context, input, (run) => decodeRequest(run, input.z, input.as), signal),
      ),
    ),
    manifold: of.latent.manifold.handler(async ({ input, signal }) => {
      const answer = await askLatent(context, input, (run) => manifoldRequest(run, input), signal)
      return {
        ...asImages(answer),
        grid: input.grid,
        rows: answer.rows ?? [],
        columns: answer.columns ?? [],
        firstRow: input.firstRow,
      }
    }),
    encode: of.latent.encode.handler(async ({ input, signal }) => {
      const { run, step, live, count, latentSize, labels, bytes } = await askLatent(
        context,
        input,
        (found) => encodeRequest(found, input.images),
        signal,
      )
      return { run, step, live, count, latentSize, labels, codes: bytes }
    }),
    reconstruct: of.latent.reconstruct.handler(async ({ input, signal }) =>
      asImages(
        await askLatent(
          context,
          input,
          (run) => reconstructRequest(run, input.split, input.indices),
          signal,
        ),
      ),
    ),
    sample: of.latent.sample.handler(async ({ input, signal }) => {
      const answer = await askLatent(
        context,
        input,
        () => ({ kind: 'sample', count: input.count, seed: input.seed, as: input.as }),
        signal,
      )
      return { ...asImages(answer), z: answer.z ?? [] }
    }),
  }
}

function analysis(context: Context) {
  return {
    statistics: of.analysis.statistics.handler(({ input, signal }) =>
      statistics(context, input, signal),
    ),
    density: of.analysis.density.handler(({ input, signal }) => density(context, input, signal)),
    nearest: of.analysis.nearest.handler(({ input, signal }) => nearest(context, input, signal)),
    explain: of.analysis.explain.handler(({ input, signal }) => explain(context, input, signal)),
    clusters: of.analysis.clusters.handler(({ input, signal }) => clusters(context, input, signal)),
    project: of.analysis.project.handler(({ input, signal }) => project(context, input, signal)),
  }
}

function data() {
  return {
    list: of.data.list.handler(() => listDatasets()),
    images: of.data.images.handler(({ input }) => readImages(input)),
  }
}

function modelExports(context: Context) {
  return {
    preview: of.exports.preview.handler(({ input, signal }) =>
      previewExport(context, input, signal),
    ),
  }
}

function jobs(context: Context) {
  return {
    start: of.jobs.start.handler(({ input }) => startJob(context, input)),
    list: of.jobs.list.handler(() => getJobs(context)),
    get: of.jobs.get.handler(({ input }) => getJob(context, input.job)),
    watch: of.jobs.watch.handler(({ signal }) => watchJobs(context, signal)),
    follow: of.jobs.follow.handler(({ input, signal }) => followJob(context, input.job, signal)),
    cancel: of.jobs.cancel.handler(({ input }) => cancelJob(context, input.job)),
    remove: of.jobs.remove.handler(({ input }) => removeJob(context, input.job)),
    file: of.jobs.file.handler(({ input }) =>
      readDownload(context, getJob(context, input.job), input.offset),
    ),
  }
}

function uploads(context: Context) {
  return {
    begin: of.uploads.begin.handler(({ input }) => beginUpload(context, input)),
    piece: of.uploads.piece.handler(({ input }) => takePiece(context, input)),
    discard: of.uploads.discard.handler(({ input }) => discardUpload(context, input.upload)),
  }
}
