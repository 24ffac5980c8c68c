// What of the dimensions can be saved: the strips in sight as a contact sheet, and all of them
// moving at once as a film.
import type { Layout } from '../../../draw/layout.ts'
import { joinTiles } from '../../../draw/gather.ts'
import { tileAt } from '../../../draw/tiles.ts'
import type { SaveSource } from '../../save/saveSource.ts'
import type { Dimensions } from './dimensions.svelte.ts'

const pace = { delay: 120, hold: 120 } // milliseconds

export function savedDimensions({
  subject,
  strips,
  sight,
  decoded,
}: Dimensions): SaveSource | null {
  const shown = sight.dimensions.flatMap((index) => strips[index] ?? [])
  const [first] = shown
  if (!first) return null
  const last = first.tiles.count - 1
  const even = shown.filter(({ tiles }) => tiles.count === first.tiles.count)
  // every dimension at the same place of its range, there and back again
  const moved = (place: number): Layout => [
    [
      {
        tiles: joinTiles(even.map(({ tiles }) => tileAt(tiles, place))),
        columns: Math.ceil(Math.sqrt(even.length)),
      },
    ],
  ]
  return {
    tool: 'dimensions',
    run: subject.run?.name ?? 'run',
    step: first.step,
    pictures: [
      {
        label: 'Visible dimensions',
        name: 'sheet',
        layout: () => [shown.map(({ tiles }) => ({ tiles, columns: tiles.count }))],
      },
      ...(decoded
        ? [
            {
              label: 'Image at the cursor',
              name: 'cursor',
              layout: () => [[{ tiles: decoded.tiles, columns: 1 }]],
            },
          ]
        : []),
    ],
    films: [
      {
        label: 'Film along each dimension',
        name: 'walk',
        frames: Math.max(1, 2 * last),
        ...pace,
        frame: (index) => moved(index <= last ? index : 2 * last - index),
      },
    ],
  }
}
