// Which weights of a run a command looks at: --checkpoint best, last or a step.
import { StudioError } from '../../preload/contract/errors.ts'
import type { Client } from '../../preload/contract/client.ts'
import type { CheckpointChoice } from '../../preload/contract/latent.ts'
import type { Flag, Flags } from './command.ts'
import { count } from './numbers.ts'
import type { Terminal } from './terminal.ts'

export const checkpointFlag: Flag = {
  name: 'checkpoint',
  value: 'WHICH',
  help: 'Weights to use: last, best, or a step with a stored checkpoint or frame (see `latent show RUN`). (last)',
}

export function checkpointGiven(flags: Flags): CheckpointChoice {
  const found = flags.text('checkpoint') ?? 'last'
  if (found === 'last' || found === 'best') return found
  if (/^\d{1,15}$/.test(found)) return Number(found)
  throw new StudioError(
    'bad-input',
    `--checkpoint: expected last, best or a step, found "${found}". \`latent show RUN\` lists the steps.`,
  )
}

/**
 * Says so when the answer came from an older checkpoint because newer ones are damaged, or from
 * before training because the run diverged or ended before it had stored another one.
 */
export async function noteOlder(
  client: Client,
  terminal: Terminal,
  run: string,
  choice: CheckpointChoice,
  step: number,
): Promise<void> {
  if (typeof choice === 'number') return
  const found = step === 0 ? await client.runs.get({ run }) : null
  if (found && found.step > 0)
    terminal.note(
      `run ${found.id} is ${found.status} at step ${count(found.step)}, and its only checkpoint is of step 0, before training`,
    )
  const damaged = (await client.runs.checkpoints({ run })).filter(
    (one) =>
      !one.usable &&
      one.reason !== 'frame' &&
      (choice === 'best' ? one.reason === 'best' : one.step > step),
  )
  if (damaged.length === 0) return
  const steps = [...new Set(damaged.map((one) => count(one.step)))].join(', ')
  terminal.note(`the checkpoint at step ${steps} is missing or damaged; using step ${count(step)}`)
}
