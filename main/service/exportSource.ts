// What an export is asked for, where it goes, and what it needs of a run's stored model.
import type { ExportFormat, ExportPart, PagePrecision } from '../../preload/contract/exports.ts'
import type { Run } from '../../preload/contract/records.ts'
import { datasetInfo } from '../datasets/index.ts'
import type { Destination } from '../exporters/destination.ts'
import type { ExportSource } from '../exporters/exportedModel.ts'
import type { StoredModel } from '../host/protocol.ts'
import { listValidations } from '../store/validations.ts'
import type { Context } from './context.ts'
import { version } from './system.ts'

export interface ExportInput {
  run: string
  format: ExportFormat
  part: ExportPart
  checkpoint: 'last' | 'best' | number
  precision: PagePrecision
}

/** Where an export goes, and what marks its files until they are whole. */
export interface Place {
  destination: Destination
  mark: string
}

export function sourceOf(
  context: Context,
  run: Run,
  { file, sha256, step }: StoredModel,
): ExportSource {
  const { id, name, createdAt, backend, backendVersion, mode, threads, totalSteps, datasetHash } =
    run
  return {
    file,
    sha256,
    step,
    run: { id, name, createdAt, backend, backendVersion, mode, threads, totalSteps, datasetHash },
    dataset: datasetInfo(run.config.dataset),
    validation:
      listValidations(context.store, id).find((validation) => validation.step === step) ?? null,
    programVersion: version,
  }
}
