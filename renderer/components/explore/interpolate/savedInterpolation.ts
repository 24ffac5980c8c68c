// What of an interpolation can be saved: the strip with its blend in pixel space, the picture
// looked at, the walk as a film.
import type { Layout } from '../../../draw/layout.ts'
import { tileAt } from '../../../draw/tiles.ts'
import type { SaveSource } from '../../save/saveSource.ts'
import type { Interpolation } from './interpolation.svelte.ts'
import { legTiles } from './pathPictures.ts'

const pace = { delay: 80, hold: 80 } // milliseconds, as the player walks

/** pixels: with the blend in pixel space, above or beside the decoded pictures. */
export function savedInterpolation(
  { subject, strip, blend, at }: Interpolation,
  pixels: boolean,
): SaveSource | null {
  if (!strip) return null
  const shown = [...(pixels && blend ? [blend] : []), strip.tiles]
  const last = strip.path.length - 1
  const rows: Layout[number] = Array.from({ length: strip.legs }, (_, leg) =>
    shown.map((tiles) => ({ tiles: legTiles(tiles, leg, strip.steps), columns: strip.steps })),
  ).flat()
  const one = (index: number): Layout =>
    shown.map((tiles) => [{ tiles: tileAt(tiles, index), columns: 1 }])
  return {
    tool: 'interpolation',
    run: subject.run?.name ?? 'run',
    step: strip.step,
    pictures: [
      { label: `Strip of ${last + 1} images`, name: 'strip', layout: () => [rows] },
      { label: 'Image on the path', name: `image-${at + 1}`, layout: () => one(at) },
    ],
    // there and back again, so that it repeats without a jump
    films: [
      {
        label: 'Film along the path and back',
        name: 'walk',
        frames: Math.max(1, 2 * last),
        ...pace,
        frame: (index) => one(index <= last ? index : 2 * last - index),
      },
    ],
  }
}
