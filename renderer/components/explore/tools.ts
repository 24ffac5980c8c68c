// The tools of Explore in the order of their tabs; the address names the one that is open
// (`tool=film`).
import type { Component } from 'svelte'
import type { IconName } from '../Icon.svelte'
import AttributesTool from './attributes/AttributesTool.svelte'
import CompareTool from './compare/CompareTool.svelte'
import DimensionsTool from './dimensions/DimensionsTool.svelte'
import EncodeTool from './encode/EncodeTool.svelte'
import FilmTool from './film/FilmTool.svelte'
import PlaneTool from './plane/PlaneTool.svelte'
import InterpolateTool from './interpolate/InterpolateTool.svelte'
import SamplersTool from './samplers/SamplersTool.svelte'
import type { ToolProps } from './toolProps.ts'

export interface Tool {
  /** In the address. */
  id: string
  /** On the tab. */
  label: string
  /** What one does with it, in the palette and as the tab's hint. */
  title: string
  icon?: IconName
  component: Component<ToolProps>
}

export const tools: readonly [Tool, ...Tool[]] = [
  {
    id: 'plane',
    label: 'Plane',
    title: 'Decode anywhere on the latent plane',
    component: PlaneTool,
  },
  {
    id: 'interpolate',
    label: 'Interpolate',
    title: 'Interpolate between images, classes and points',
    component: InterpolateTool,
  },
  {
    id: 'encode',
    label: 'Encode',
    title: 'Encode an image, a drawing or a file',
    component: EncodeTool,
  },
  {
    id: 'film',
    label: 'Film',
    title: 'Scrub through training, frame by frame',
    component: FilmTool,
  },
  {
    id: 'dimensions',
    label: 'Dimensions',
    title: 'See what each latent dimension does',
    component: DimensionsTool,
  },
  {
    id: 'attributes',
    label: 'Attributes',
    title: 'Add and subtract codes, find the nearest images',
    component: AttributesTool,
  },
  {
    id: 'compare',
    label: 'Compare',
    title: 'Compare the latent spaces of several runs',
    component: CompareTool,
  },
  {
    id: 'samplers',
    label: 'Samplers',
    title: 'Draw from the prior, a mixture and K-means',
    component: SamplersTool,
  },
]
