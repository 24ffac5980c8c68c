// Which weights of a run a command looks at: --checkpoint best, last or a step.
import { StudioError } from '../../preload/contract/errors.ts'
import type { CheckpointChoice } from '../../preload/contract/latent.ts'
import type { Flag, Flags } from './command.ts'

export const checkpointFlag: Flag = { name: 'checkpoint', value: 'WHICH', help: 'last, best, or the step of a stored checkpoint. (last)' }

export function checkpointGiven(flags: Flags): CheckpointChoice {
  const found = flags.text('checkpoint') ?? 'last'
  if (found === 'last' || found === 'best') return found
  if (/^\d{1,15}$/.test(found)) return Number(found)
  throw new StudioError('bad-input', `--checkpoint: expected last, best or a step, found "${found}". \`latent show RUN\` lists the steps.`)
}
