// latent decode: latent codes in an .npy file to images, N x pixels in [0,1]: probabilities or
// means.
import { npyBytes, readNpy, type NpyArray } from '../../main/files/npy.ts'
import type { Client } from '../../preload/contract/client.ts'
import { floatsOf } from '../../preload/contract/bytes.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { CheckpointChoice } from '../../preload/contract/latent.ts'
import { checkpointFlag, checkpointGiven, noteOlder } from './checkpoint.ts'
import type { Call, Command } from './command.ts'
import { inputFlag, inputGiven } from './input.ts'
import { modelOf, portion, type Model } from './model.ts'
import { outFlags, outGiven, writeOut } from './output.ts'
import { withSession } from './session.ts'
import { count as counted } from './numbers.ts'

export const decode: Command = {
  name: 'decode',
  summary: 'Decode latent codes to images (N x pixels in [0,1]).',
  about:
    'The input is N x Z (float32 or float64), where Z is the latent size, or N x 2Z as written by `latent encode` ([mean | log variance]), of which the means are decoded. The output holds Bernoulli probabilities or Gaussian means.',
  arguments: [
    { name: 'RUN', required: true, help: 'Run id or its first characters, exact name, or "last".' },
  ],
  flags: [inputFlag, ...outFlags('.npy'), checkpointFlag],
  examples: [
    'latent decode last --input Z.npy --out X.npy',
    'latent encode last --split test --out Z.npy && latent decode last --input Z.npy --out X.npy',
  ],
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      const [input, out, checkpoint] = [
        inputGiven(call.flags),
        outGiven(call.flags, ['.npy']),
        checkpointGiven(call.flags),
      ]
      const model = await modelOf(client, call.arguments[0]!)
      const { points, taken } = pointsOf(readNpy(input), input, model.latentSize)
      if (taken === 'means')
        call.terminal.note(
          `${input}: found N x ${2 * model.latentSize}, [mean | log variance] of ${model.latentSize} latent dimensions; decoding the means`,
        )
      const { pixels, step } = await decoded(client, model, points, checkpoint, call)
      await noteOlder(client, call.terminal, model.run.id, checkpoint, step)
      const shape = [points.length / model.latentSize, model.pixels]
      const text = `${shape.join(' x ')} float32 in [0,1], step ${counted(step)}`
      await writeOut(call, out, npyBytes(pixels, shape), text, {
        run: model.run.id,
        step,
        shape,
        taken,
      })
    }),
}

/**
 * Latent vectors as they are, or the first half of each row of what encode wrote: the two widths
 * never coincide.
 */
function pointsOf(
  array: NpyArray,
  path: string,
  latentSize: number,
): { points: Float32Array; taken: 'points' | 'means' } {
  const [count = 0, size = 0, ...more] = array.shape
  if (![latentSize, 2 * latentSize].includes(size) || more.length > 0 || count === 0)
    throw new StudioError(
      'bad-input',
      `${path}: expected N x ${latentSize} (the latent size; N at least 1), or N x ${2 * latentSize} as written by latent encode, found ${array.shape.join(' x ') || 'a single number'}.`,
    )
  const wrong = array.values.findIndex((value) => !Number.isFinite(value))
  if (wrong >= 0)
    throw new StudioError(
      'bad-input',
      `${path}: expected finite numbers, found ${array.values[wrong]} in row ${Math.floor(wrong / size)}.`,
    )
  const points = new Float32Array(count * latentSize)
  for (let row = 0; row < count; row++)
    for (let d = 0; d < latentSize; d++)
      points[row * latentSize + d] = array.values[row * size + d]!
  return { points, taken: size === latentSize ? 'points' : 'means' }
}

/** Points N x Z to pixels N x D, in pieces that fit a message, all from the same weights. */
export async function decoded(
  client: Client,
  model: Model,
  points: Float32Array,
  checkpoint: CheckpointChoice,
  call: Call,
): Promise<{ pixels: Float32Array; step: number }> {
  const Z = model.latentSize
  const count = points.length / Z
  const pixels = new Float32Array(count * model.pixels)
  const size = portion(Z * 26, model.pixels * 4, 4096) // a number takes at most 25 characters and its comma
  let choice = checkpoint
  for (let from = 0; from < count; from += size) {
    const upTo = Math.min(count, from + size)
    const z = Array.from({ length: upTo - from }, (_, row) => [
      ...points.subarray((from + row) * Z, (from + row + 1) * Z),
    ])
    const answer = await client.latent.decode({
      run: model.run.id,
      checkpoint: choice,
      z,
      as: 'float32',
    })
    pixels.set(floatsOf(answer.pixels), from * model.pixels)
    choice = answer.step
    call.terminal.progress(`decoded ${upTo}/${count} points`, upTo / count)
  }
  call.terminal.settle()
  return { pixels, step: choice as number }
}
