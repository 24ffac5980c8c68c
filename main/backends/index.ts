// The backends cuda, tensorflow, wasm, js, best first: the first that is there, sound, and gives
// the known answer is used, and every other says in one line why not. Each is tried in a throw-away
// process first (checkProgram.ts), in the same environment as a run; one that passed and then fails
// in a run is tried again next time.
import * as tf from '../engine/tf.ts'
import type { Rung } from '../../preload/contract/runConfig.ts'
import { rungs } from '../../preload/contract/runConfig.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { findRuntime } from '../runtime/status.ts'
import { checksFolder } from '../runtime/cache.ts'
import { verifyRuntime } from '../runtime/verify.ts'
import { downloadBytes, entryFor, type Variant } from '../runtime/runtimeManifest.ts'
import type { Backend } from './backend.ts'
import { checkedBefore, checkKey, forgetCheck, rememberCheck } from './checked.ts'
import { driverOf, missingForCuda } from './cuda.ts'
import { checkAway, type RunCheck } from './child.ts'
import { checkInPlace } from './trial.ts'
import {
  isKnownVersion,
  loadNative,
  nativeThreads,
  setCompilerFlags,
  setThreads,
} from './native.ts'
import { mountOf } from './mount.ts'
import { loadPortable } from './portable.ts'
import { useProgramCache } from './programCache.ts'

export type { Rung } from '../../preload/contract/runConfig.ts'

/** One rung: usable or not, and a line that says what it is or why it was left. */
export interface RungReport {
  rung: Rung
  ok: boolean
  reason: string
  /** Nothing is wrong: it was never installed, or this machine has no such device. */
  absent?: true
}

export interface SurveySettings {
  cacheFolder: string
  preference: 'auto' | Rung
  force?: boolean // ask again what was answered before, and hash every file
  runCheck?: RunCheck // how a rung is tried, if not in a child process
  avoid?: readonly { rung: Rung; reason: string }[] // failed after they had passed: left, and forgotten
}

/**
 * Looks at every rung, from the top. `active` is the preferred rung if that is usable, for 'auto'
 * the highest usable one, else null. Never throws for a rung that is missing or broken: its report
 * says so.
 */
export async function surveyLadder(
  settings: SurveySettings,
): Promise<{ active: Rung | null; ladder: RungReport[] }> {
  const ladder = await Promise.all(rungs.map((rung) => surveyRung(rung, settings)))
  const usable = ladder.filter(({ ok }) => ok).map(({ rung }) => rung)
  const wanted =
    settings.preference === 'auto' ? usable[0] : usable.find((rung) => rung === settings.preference)
  return { active: wanted ?? null, ladder }
}

async function surveyRung(
  rung: Rung,
  { cacheFolder, force, runCheck, avoid }: SurveySettings,
): Promise<RungReport> {
  const failed = avoid?.find((one) => one.rung === rung)
  try {
    const identity = await identify(rung, cacheFolder, force ?? false)
    const key = checkKey(rung, identity)
    if (failed) {
      forgetCheck(cacheFolder, key)
      return { rung, ok: false, reason: failed.reason }
    }
    const before = force ? null : checkedBefore(cacheFolder, key)
    if (before !== null) return { rung, ok: true, reason: before }
    const outcome = await (runCheck ?? tryRung(key))(rung, cacheFolder)
    if (outcome.ok) rememberCheck(cacheFolder, key, outcome.reason)
    return { rung, ...outcome }
  } catch (error) {
    const reason = failed?.reason ?? oneLine(error)
    return isAbsent(error) ? { rung, ok: false, reason, absent: true } : { rung, ok: false, reason }
  }
}

/** Has a backend that passed its check, and then failed, tried again before it is next used. */
export async function forgetRung(rung: Rung, cacheFolder: string): Promise<void> {
  const identity = await identify(rung, cacheFolder, false).catch(() => null)
  if (identity !== null) forgetCheck(cacheFolder, checkKey(rung, identity))
}

const isAbsent = (error: unknown) =>
  error instanceof StudioError && ['not-installed', 'no-gpu'].includes(String(error.data['reason']))

function tryRung(key: string): RunCheck {
  return (
    checkAway() ??
    ((rung, cacheFolder) =>
      checkInPlace(cacheFolder, key, () => activateRung(rung, { cacheFolder })))
  )
}

/**
 * What the rung's answer depends on besides Node and the processor. Throws with the reason when it
 * is not there or damaged.
 */
async function identify(rung: Rung, cacheFolder: string, full: boolean): Promise<string> {
  if (rung === 'wasm' || rung === 'js') return tf.version_core
  if (rung === 'cuda') {
    const missing = missingForCuda()
    if (missing !== null) throw new StudioError('runtime-failed', missing, { reason: 'no-gpu' })
  }
  return (await soundRuntime(rung, cacheFolder, full)).identity
}

/** `version`: of the installed runtime; null for a binary that was here before. */
async function soundRuntime(
  rung: 'cuda' | 'tensorflow',
  cacheFolder: string,
  full = false,
): Promise<{ folder: string; identity: string; version: string | null }> {
  const variant: Variant = rung === 'cuda' ? 'cuda' : 'cpu'
  const found = findRuntime(variant, cacheFolder)
  if (found === null)
    throw new StudioError('runtime-failed', notInstalled(variant), { reason: 'not-installed' })
  // the same files load or don't load by where they lie: on a disk mounted noexec no library can be
  // opened
  const place = JSON.stringify([
    found.folder,
    mountOf(found.folder),
    rung === 'cuda' ? driverOf() : '',
  ])
  if (!found.checked) return { folder: found.folder, identity: place, version: null }
  const installed = await verifyRuntime(found.folder, { full, notes: checksFolder(cacheFolder) })
  return {
    folder: found.folder,
    identity: place + JSON.stringify(installed.files),
    version: installed.version,
  }
}

function notInstalled(variant: Variant): string {
  const entry = entryFor(variant)
  if (entry === undefined) return `no native runtime for ${process.platform} ${process.arch}`
  const flag = variant === 'cuda' ? ' --cuda' : ''
  return `not installed; install it with: latent runtime install${flag} (${Math.round(downloadBytes(entry) / 1e6)} MB)`
}

/**
 * Makes the rung tfjs's backend in this process. `threads` (native rungs) counts from the first
 * load on. Throws `runtime-failed` or `no-backend` with the reason.
 */
export async function activateRung(
  rung: Rung,
  settings: { cacheFolder: string; threads?: number },
): Promise<Backend> {
  if (rung === 'wasm' || rung === 'js') {
    const { version, threads, detail } = await loadPortable(rung)
    return { rung, name: tf.getBackend(), version, threads, native: null, detail }
  }
  const {
    folder,
    identity,
    version: runtimeVersion,
  } = await soundRuntime(rung, settings.cacheFolder)
  setThreads(settings.threads)
  setCompilerFlags(runtimeVersion)
  if (rung === 'tensorflow' && isKnownVersion(runtimeVersion))
    useProgramCache({
      cacheFolder: settings.cacheFolder,
      library: identity,
      threads: nativeThreads(),
    })
  if (rung === 'cuda') process.env['TF_FORCE_GPU_ALLOW_GROWTH'] = 'true' // two runs share one GPU
  const native = await loadNative(folder)
  if (rung === 'cuda' && !native.binding.isUsingGpuDevice())
    throw new StudioError('no-backend', 'TensorFlow found no usable GPU', { reason: 'no-gpu' })
  const version = native.binding.TF_Version
  const threads = nativeThreads()
  const detail = `TensorFlow ${version}, ${rung === 'cuda' ? 'CUDA' : 'CPU'}, ${threads} thread${threads === 1 ? '' : 's'}`
  return { rung, name: tf.getBackend(), version, threads, native, detail }
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
