// The formats of an export, as a person chooses among them: who opens the files, and what can be
// chosen about each.
import {
  exportEndings,
  exportFormats,
  exportParts,
  type ExportFormat,
  type ExportPart,
} from '../../../preload/contract/exports.ts'

export interface FormatWords {
  /** Who opens it. */
  opens: string
  /** Parts of a model that it can hold, the usual one first. */
  parts: readonly ExportPart[]
  /** Whether it is made of one checkpoint; a whole run has all. */
  ofCheckpoint: boolean
  /** Whether its numbers can be halved. */
  precisions: boolean
}

const usual = {
  parts: ['model', 'encoder', 'decoder'],
  ofCheckpoint: true,
  precisions: false,
} as const

export const formats: Record<ExportFormat, FormatWords> = {
  onnx: { ...usual, opens: 'ONNX Runtime: Python, C++, C#, Java, web, phones.' },
  safetensors: { ...usual, opens: 'PyTorch and JAX, with scripts that rebuild the network.' },
  npz: { ...usual, opens: 'NumPy: every weight as a named array.' },
  tfjs: { ...usual, opens: 'TensorFlow.js, in web pages and Node.' },
  savedmodel: { ...usual, opens: 'TensorFlow in Python and C++, TensorFlow Serving.' },
  keras: { ...usual, opens: 'Keras, on TensorFlow, PyTorch or JAX.' },
  html: {
    opens: 'Any browser, offline: the latent space in one page.',
    parts: ['model', 'decoder'],
    ofCheckpoint: true,
    precisions: true,
  },
  latent: {
    opens: 'Latent Studio on any machine: the whole run, ready to resume.',
    parts: ['model'],
    ofCheckpoint: false,
    precisions: false,
  },
}

export const partNames: Record<ExportPart, string> = {
  model: 'Whole model',
  encoder: 'Encoder',
  decoder: 'Decoder',
}

export const formatNamed = (text: string | undefined): ExportFormat =>
  exportFormats.find((format) => format === text) ?? 'onnx'

/** The part that was asked for where the format can hold it, else its usual one. */
export function partFor(format: ExportFormat, text: string | undefined): ExportPart {
  const { parts } = formats[format]
  return parts.find((part) => part === text) ?? parts[0] ?? exportParts[0]
}

/**
 * A typed path with the ending of another format; one with an ending of its own stays as it was
 * typed.
 */
export function pathFor(path: string, from: ExportFormat, to: ExportFormat): string {
  const [before, after] = [exportEndings[from] ?? `-${from}`, exportEndings[to] ?? `-${to}`]
  return path.endsWith(before) ? path.slice(0, -before.length) + after : path
}
