// The flags that say how long the frames of an animation stay.
import { StudioError } from '../../preload/contract/errors.ts'
import { wholeNumber, type Flag, type Flags } from './command.ts'

export const timingFlags = (delay: number, hold: number): Flag[] => [
  {
    name: 'fps',
    value: 'N',
    help: `Frames per second, instead of --delay. (${Number((1000 / delay).toFixed(1))})`,
  },
  {
    name: 'delay',
    value: 'MS',
    help: `Milliseconds per frame; GIF rounds to multiples of 10. (${delay})`,
  },
  { name: 'hold', value: 'MS', help: `Milliseconds to show the last frame. (${hold})` },
  { name: 'once', help: 'Play once instead of looping (.gif).' },
]

/** In milliseconds. */
export interface Timing {
  delay: number
  lastDelay: number
  loop: boolean
}

export function timingGiven(flags: Flags, delay: number, hold: number): Timing {
  if (flags.text('fps') !== undefined && flags.text('delay') !== undefined)
    throw new StudioError(
      'bad-input',
      'Expected --fps or --delay, found both. Leave one of them out.',
    )
  const given =
    flags.text('fps') === undefined
      ? wholeNumber(flags, 'delay', delay, 20, 60_000)
      : 1000 / wholeNumber(flags, 'fps', 0, 1, 50)
  return {
    delay: given,
    lastDelay: wholeNumber(flags, 'hold', hold, 20, 60_000),
    loop: !flags.on('once'),
  }
}
