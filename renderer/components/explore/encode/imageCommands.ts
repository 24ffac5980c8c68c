// The keys of the Encode tool: arrows go through the images of a split.
import type { Command } from '../../../state/commands.svelte.ts'
import type { Encoding } from './encoding.svelte.ts'

export function imageCommands(encoding: Encoding): Command[] {
  const enabled = () => encoding.source.kind === 'data'
  const move = (by: number) => () => {
    const { source, image } = encoding
    if (source.kind !== 'data' || !image) return
    const last = image.images[source.split] - 1
    encoding.choose(
      { ...source, index: Math.max(0, Math.min(last, source.index + by)) },
      { replace: true },
    )
  }
  const group = 'Encode'
  return [
    {
      id: 'encode-before',
      title: 'Previous image',
      group,
      keys: ['ArrowLeft'],
      keysOnly: true,
      enabled,
      run: move(-1),
    },
    {
      id: 'encode-after',
      title: 'Next image',
      group,
      keys: ['ArrowRight'],
      keysOnly: true,
      enabled,
      run: move(1),
    },
    {
      id: 'encode-row-before',
      title: 'Ten images back',
      group,
      keys: ['ArrowUp'],
      keysOnly: true,
      enabled,
      run: move(-10),
    },
    {
      id: 'encode-row-after',
      title: 'Ten images forward',
      group,
      keys: ['ArrowDown'],
      keysOnly: true,
      enabled,
      run: move(10),
    },
    {
      id: 'encode-draw',
      title: 'Draw an image to encode',
      group,
      run: () => encoding.choose({ kind: 'drawing' }),
    },
    {
      id: 'encode-near',
      title: 'Show or hide the nearest images',
      group,
      run: () => encoding.showNear(!encoding.nearWanted),
    },
  ]
}
