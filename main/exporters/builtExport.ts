// An export in memory: its files, what the model takes and gives, and what a person should know.
import type { ExportTensor } from '../../preload/contract/exports.ts'

export interface BuiltExport {
  /** The main file last: when it is there, the others are too. */
  files: { name: string; bytes: Uint8Array }[]
  inputs: ExportTensor[]
  outputs: ExportTensor[]
  /** What a person should know; may be empty. */
  note: string
}
