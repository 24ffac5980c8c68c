// Exports of a stored checkpoint: encoder, decoder or whole model in formats that other programs
// open. The owner of the data folder writes the files, on its own machine, as a job (jobs.ts).
import { oc, type } from '@orpc/contract'
import { fileName } from './fileName.ts'
import { reference } from './reference.ts'
import { z } from './zod.ts'

export const exportFormats = [
  'onnx',
  'safetensors',
  'npz',
  'tfjs',
  'savedmodel',
  'keras',
  'html',
  'latent',
] as const
export type ExportFormat = (typeof exportFormats)[number]

export const exportParts = ['encoder', 'decoder', 'model'] as const
export type ExportPart = (typeof exportParts)[number]

/** The ending of formats that are one file; the others are a folder. */
export const exportEndings: Partial<Record<ExportFormat, string>> = {
  onnx: '.onnx',
  safetensors: '.safetensors',
  npz: '.npz',
  keras: '.keras',
  html: '.html',
  latent: '.latent',
}

/** What people call them. */
export const exportTitles: Record<ExportFormat, string> = {
  onnx: 'ONNX',
  safetensors: 'safetensors',
  npz: 'NumPy',
  tfjs: 'TensorFlow.js',
  savedmodel: 'SavedModel',
  keras: 'Keras',
  html: 'Explorer page',
  latent: 'Whole run',
}

/** Formats without files beside them: an explorer page holds its model card, a run's file too. */
export const loneFormats: readonly ExportFormat[] = ['html', 'latent']

/**
 * Named after the run, the step and the part: "digits-step-5000-decoder.onnx"; a folder has no
 * ending: "digits-step-5000-tfjs".
 */
export function exportName(
  run: string,
  step: number | null,
  part: ExportPart,
  format: ExportFormat,
): string {
  const ending = exportEndings[format]?.slice(1)
  const parts = [...(part === 'model' ? [] : [part]), ...(ending === undefined ? [format] : [])]
  // a whole run has all of its steps
  return fileName(run, format === 'latent' ? null : step, parts, ending ?? null)
}

/** What a download brings: the one file, or a zip of all: "digits-step-5000-decoder-onnx.zip". */
export function downloadName(
  run: string,
  step: number | null,
  part: ExportPart,
  format: ExportFormat,
): string {
  if (loneFormats.includes(format)) return exportName(run, step, part, format)
  return fileName(run, step, [...(part === 'model' ? [] : [part]), format], 'zip')
}

/**
 * How an explorer page keeps its weights; float16 halves it, and the report says by how much pixels
 * change.
 */
export const pagePrecisions = ['float32', 'float16'] as const
export type PagePrecision = (typeof pagePrecisions)[number]

/** A named input or output, float32. The first size is the number of images, any. */
export interface ExportTensor {
  name: string
  /** "N" and one number: values of one image, or latent dimensions. */
  shape: ['N', number]
  about: string
}

export interface ExportReport {
  run: string
  /** The checkpoint that was taken. */
  step: number
  format: ExportFormat
  part: ExportPart
  /** Names beside or below the path, with their sizes. */
  files: { name: string; bytes: number }[]
  bytes: number
  inputs: ExportTensor[]
  outputs: ExportTensor[]
  /** What a person should know before using it ("the run is training ..."); may be empty. */
  note: string
}

/** What is asked for; `preview` says what it would write, the job `export` (jobs.ts) writes it. */
export const exportQuestion = {
  run: reference,
  format: z.enum(exportFormats),
  part: z.enum(exportParts).default('model'),
  checkpoint: z.union([z.enum(['last', 'best']), z.int().min(0)]).default('last'),
  /** Of html only. */
  precision: z.enum(pagePrecisions).default('float32'),
}

export const modelExports = {
  /** What an export would write; nothing is written. */
  preview: oc.input(z.object(exportQuestion)).output(type<ExportReport>()),
}
