// What a tool of Explore offers to be saved. Everything is asked for when the person chooses it,
// not before; the pixels are the model's own, so that a file holds what was decoded and not what
// the screen made of it.
import type { Split } from '../../../preload/contract/records.ts'
import type { PlaneFigure } from '../../draw/planeFigure.ts'
import type { Layout, Sheet } from '../../draw/layout.ts'

export interface SaveSource {
  /** For the names of files. */
  tool: string
  run: string
  step: number | null
  pictures?: readonly SavePicture[]
  figures?: readonly SaveFigure[]
  films?: readonly SaveFilm[]
  codes?: SaveCodes
}

interface Item {
  /** In the menu. */
  label: string
  /** In the file's name after the tool; empty where the tool says it. */
  name: string
}

export interface SavePicture extends Item {
  layout: () => Layout
}

export interface SaveFigure extends Item {
  figure: () => FigureWork
}

/** A figure and the picture behind it, which is written as PNG into it. */
export interface FigureWork {
  figure: PlaneFigure
  ground: Sheet | null
}

export interface SaveFilm extends Item {
  frames: number
  /** Milliseconds each frame stays, and the last one. */
  delay: number
  hold: number
  /** All of one size. */
  frame: (index: number) => Layout | Promise<Layout>
}

export interface SaveCodes extends Item {
  codes: () => CodesWork
}

export interface CodesWork {
  /** N x 2Z, [mean | log variance]. */
  values: Float32Array
  latentSize: number
  /** Class of each image; empty without labels. */
  labels: readonly number[]
  /** Where the rows come from, in their order; each split from its first image on. */
  splits: readonly { split: Split; count: number }[]
}
