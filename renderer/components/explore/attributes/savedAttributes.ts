// What of the arithmetic with codes can be saved: the result, the strip of all strengths, also as a
// film, and the neighbours.
import { tileAt } from '../../../draw/tiles.ts'
import type { SaveSource } from '../../save/saveSource.ts'
import type { Attributes } from './attributes.svelte.ts'

const pace = { delay: 120, hold: 120 } // milliseconds

export function savedAttributes({
  subject,
  decoded,
  strip,
  neighbours,
}: Attributes): SaveSource | null {
  if (!decoded) return null
  const last = (strip?.tiles.count ?? 1) - 1
  return {
    tool: 'attributes',
    run: subject.run?.name ?? 'run',
    step: decoded.step,
    pictures: [
      ...(strip
        ? [
            {
              label: 'Strip over strengths',
              name: 'strip',
              layout: () => [[{ tiles: strip.tiles, columns: last + 1 }]],
            },
          ]
        : []),
      { label: 'Result', name: 'result', layout: () => [[{ tiles: decoded.tiles, columns: 1 }]] },
      ...(neighbours
        ? [
            {
              label: 'Nearest images',
              name: 'nearest',
              layout: () => [
                [{ tiles: neighbours.tiles, columns: Math.min(8, neighbours.tiles.count) }],
              ],
            },
          ]
        : []),
    ],
    // there and back again, so that it repeats without a jump
    films: strip
      ? [
          {
            label: 'Film over strengths',
            name: 'walk',
            frames: Math.max(1, 2 * last),
            ...pace,
            frame: (index) => [
              [
                {
                  tiles: tileAt(strip.tiles, index <= last ? index : 2 * last - index),
                  columns: 1,
                },
              ],
            ],
          },
        ]
      : [],
  }
}
