// What of an encoded image can be saved: it beside its reconstruction, the samples of its
// posterior, its neighbours.
import { tileAt, type Tiles } from '../../../draw/tiles.ts'
import type { SaveSource } from '../../save/saveSource.ts'
import type { Encoding } from './encoding.svelte.ts'

export function savedEncoding({ subject, explained, near, source }: Encoding): SaveSource | null {
  if (!explained) return null
  const { tiles } = explained
  const pair = { ...tiles, count: 2, pixels: tiles.pixels.subarray(0, 2 * sizeOf(tiles)) }
  const samples = {
    ...tiles,
    count: tiles.count - 2,
    pixels: tiles.pixels.subarray(2 * sizeOf(tiles)),
  }
  const columns = Math.ceil(Math.sqrt(samples.count))
  return {
    tool: `encode-${source.kind === 'data' ? `${source.split}-${source.index}` : source.kind}`,
    run: subject.run?.name ?? 'run',
    step: explained.step,
    pictures: [
      {
        label: 'Image and reconstruction',
        name: '',
        layout: () => [[{ tiles: pair, columns: 2 }]],
      },
      {
        label: 'Reconstruction',
        name: 'reconstruction',
        layout: () => [[{ tiles: tileAt(tiles, 1), columns: 1 }]],
      },
      ...(samples.count > 0
        ? [
            {
              label: `${samples.count} posterior samples`,
              name: 'samples',
              layout: () => [[{ tiles: samples, columns }]],
            },
          ]
        : []),
      ...(near
        ? [
            {
              label: 'Nearest images',
              name: 'nearest',
              layout: () => [[{ tiles: near.tiles, columns: near.tiles.count }]],
            },
          ]
        : []),
    ],
  }
}

const sizeOf = ({ width, height, channels }: Tiles) => width * height * channels
