// What the page and the worker that makes files say to each other: one question at a time, one
// answer each.
import type { ErrorCode } from '../../../preload/contract/errors.ts'
import type { Layout } from '../../draw/layout.ts'
import type { CodesEnding } from './codesFile.ts'
import type { CodesWork, FigureWork } from './saveSource.ts'

export type FilmEnding = 'gif' | 'mp4'

export type Question =
  /** width null: whole blocks, near the usual width. */
  | { kind: 'picture'; layout: Layout; width: number | null }
  | { kind: 'figure'; work: FigureWork }
  /**
   * The same as pixels; `overlay` is what lies over manifold and points, at the size that is
   * wanted.
   */
  | { kind: 'drawn'; work: FigureWork; overlay: ImageBitmap }
  | { kind: 'codes'; work: CodesWork; ending: CodesEnding }
  | {
      kind: 'frame'
      layout: Layout
      ending: FilmEnding
      width: number | null
      milliseconds: number
    }
  | { kind: 'finish' }

/** Answers to `frame` hold nothing. */
export type Answer =
  | { kind: 'made'; blob: Blob | null; note: string }
  | { kind: 'failed'; code: ErrorCode; message: string }
