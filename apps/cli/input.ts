// The --input flag of the commands that read an array.
import { StudioError } from '../../preload/contract/errors.ts'
import type { Flag, Flags } from './command.ts'
import { pathGiven } from './place.ts'

export const inputFlag: Flag = { name: 'input', value: 'FILE', help: 'Array to read (.npy).' }

/**
 * The absolute path of --input. Throws `bad-input` when it is missing; whether it can be read is
 * found by reading.
 */
export function inputGiven(flags: Flags): string {
  const found = flags.text('input')
  if (!found)
    throw new StudioError(
      'bad-input',
      '--input: expected the path of an .npy file, found nothing. For example: --input X.npy.',
    )
  return pathGiven('--input', found)
}
