// latent evaluate: ELBO and its parts on held-out images, and with --samples the importance-sampled
// NLL.
import { isLikelihood, lossName } from '../../preload/contract/likelihood.ts'
import type { Evaluation, Split } from '../../preload/contract/records.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import { checkpointFlag, checkpointGiven, noteOlder } from './checkpoint.ts'
import { choiceGiven, wholeNumber, type Call, type Command } from './command.ts'
import { withJob } from './job.ts'
import { count, nats, pairs } from './numbers.ts'
import { withSession } from './session.ts'

const splits: readonly Split[] = ['train', 'validation', 'test']

export const evaluate: Command = {
  name: 'evaluate',
  summary: 'Evaluate a run on held-out images: ELBO, reconstruction, KL, active units, NLL.',
  about:
    'All losses are in nats per image. --samples K estimates the negative log-likelihood by importance sampling, with K samples per image (Burda et al. 2016).',
  arguments: [
    { name: 'RUN', required: true, help: 'Run id or its first characters, exact name, or "last".' },
  ],
  flags: [
    checkpointFlag,
    { name: 'split', value: 'NAME', help: 'Split to evaluate: train, validation or test. (test)' },
    {
      name: 'samples',
      value: 'K',
      help: 'Importance samples per image for the NLL; 0 skips it. (0)',
    },
  ],
  examples: ['latent evaluate last', 'latent evaluate last --checkpoint best --samples 100 --json'],
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      const split = choiceGiven(call.flags, 'split', splits, 'test')
      const samples = wholeNumber(call.flags, 'samples', 0, 0, 5000)
      const checkpoint = checkpointGiven(call.flags)
      const run = await client.runs.get({ run: call.arguments[0]! })
      const job = { kind: 'evaluate', run: run.id, checkpoint, split, samples } as const
      await withJob(client, call.terminal, job, async ({ evaluation }) => {
        await noteOlder(client, call.terminal, run.id, checkpoint, evaluation.step)
        call.terminal.print(evaluationText(evaluation, run.config))
        call.terminal.document(evaluation)
      })
    }),
}

/** As text. */
export function evaluationText(
  evaluation: Evaluation,
  config: Pick<RunConfig, 'likelihood' | 'binarisation'>,
): string {
  const bound = isLikelihood(config)
  const rows: [string, string][] = [
    [lossName(config), nats(evaluation.negativeElbo)],
    ['reconstruction', nats(evaluation.reconstruction)],
    ['KL', nats(evaluation.kl)],
    ['KL per dimension', evaluation.klPerDimension.map(nats).join(', ')],
    ['active units', `${evaluation.activeUnits} of ${evaluation.klPerDimension.length}`],
  ]
  if (evaluation.nll !== undefined)
    rows.push([
      bound ? 'NLL' : 'importance-weighted',
      `${nats(evaluation.nll)} (${count(evaluation.samples ?? 0)} samples)`,
    ])
  rows.push(['squared error', nats(evaluation.squaredError)])
  if (evaluation.greyCrossEntropy !== null)
    rows.push(['grey cross-entropy', nats(evaluation.greyCrossEntropy)])
  return `${count(evaluation.images)} ${evaluation.split} images, step ${count(evaluation.step)}, ${bound ? 'likelihood' : 'loss'} ${evaluation.likelihood}; nats per image\n${pairs(rows)}`
}
