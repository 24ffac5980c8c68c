// The keys of the Dimensions tool: up and down choose the dimension, left and right move along it
// from image to image, with shift a tenth of that.
import type { Command } from '../../../state/commands.svelte.ts'
import type { Dimensions } from './dimensions.svelte.ts'

const fine = 0.1

/** Chooses the row so many rows below. */
export function chooseRow(dimensions: Dimensions, by: number): void {
  const { rows } = dimensions
  const at = Math.max(0, Math.min(rows.length - 1, rows.indexOf(dimensions.chosen) + by))
  if (rows[at] !== undefined) dimensions.choose(rows[at])
}

/**
 * Moves the cursor along the chosen dimension; `images` is a distance between two images of its
 * strip.
 */
export function moveAlong(dimensions: Dimensions, images: number): void {
  const index = dimensions.chosen
  const { from, to } = dimensions.rangeOf(index)
  const step = (to - from) / Math.max(1, dimensions.sight.images - 1)
  const now = dimensions.subject.z[index] ?? 0
  const next = now + images * step
  // a press never goes over the end of the slider, but a cursor that is outside already may come
  // back in steps
  const held = Math.max(Math.min(from, now), Math.min(Math.max(to, now), next))
  dimensions.put(index, held)
}

/** What an arrow does; false for other keys. */
export function dimensionKey(
  dimensions: Dimensions,
  event: Pick<KeyboardEvent, 'key' | 'shiftKey'>,
): boolean {
  const by = event.shiftKey ? fine : 1
  if (event.key === 'ArrowUp') chooseRow(dimensions, -1)
  else if (event.key === 'ArrowDown') chooseRow(dimensions, 1)
  else if (event.key === 'ArrowLeft') moveAlong(dimensions, -by)
  else if (event.key === 'ArrowRight') moveAlong(dimensions, by)
  else return false
  return true
}

export function dimensionCommands(dimensions: Dimensions): Command[] {
  const command = (key: string, title: string): Command => ({
    id: `dimensions-${key}`,
    title,
    group: 'Dimensions',
    keys: [key],
    keysOnly: true,
    run: () =>
      dimensionKey(dimensions, {
        key: key.replace('shift+', ''),
        shiftKey: key.startsWith('shift+'),
      }),
  })
  return [
    command('ArrowUp', 'Previous dimension'),
    command('ArrowDown', 'Next dimension'),
    command('ArrowLeft', 'Previous image along the dimension'),
    command('ArrowRight', 'Next image along the dimension'),
    command('shift+ArrowLeft', 'Back along the dimension in small steps'),
    command('shift+ArrowRight', 'Forward along the dimension in small steps'),
    {
      id: 'dimensions-origin',
      title: 'Move the cursor to the origin',
      group: 'Dimensions',
      keys: ['0'],
      run: () => dimensions.subject.moveTo(dimensions.subject.z.map(() => 0)),
    },
  ]
}
