// latent sample: decoded draws from the prior, as a PNG sheet or as an array.
import { npyBytes } from '../../main/files/npy.ts'
import { pngBytes } from '../../main/files/png.ts'
import { mosaic } from '../../main/files/tiles.ts'
import { checkpointFlag, checkpointGiven, noteOlder } from './checkpoint.ts'
import { wholeNumber, type Call, type Command } from './command.ts'
import { decoded } from './decode.ts'
import { modelOf } from './model.ts'
import { outFlags, outGiven, writeOut } from './output.ts'
import { withSession } from './session.ts'
import { atSize, sizeFlag, sizeGiven } from './size.ts'
import { count as counted } from './numbers.ts'

export const sample: Command = {
  name: 'sample',
  summary: 'Decode samples from the prior (PNG sheet or .npy).',
  arguments: [
    { name: 'RUN', required: true, help: 'Run id or its first characters, exact name, or "last".' },
  ],
  flags: [
    { name: 'count', short: 'n', value: 'N', help: 'Number of images, 1 to 256. (64)' },
    { name: 'seed', value: 'S', help: 'Random seed; the same seed gives the same images. (0)' },
    ...outFlags('.png: a sheet; .npy: N x pixels float32 in [0,1]'),
    sizeFlag,
    checkpointFlag,
  ],
  examples: [
    'latent sample last -n 100 --out samples.png',
    'latent sample last -n 10 --seed 3 --out samples.npy',
  ],
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      const out = outGiven(call.flags, ['.png', '.npy'])
      const [count, seed] = [
        wholeNumber(call.flags, 'count', 64, 1, 256),
        wholeNumber(call.flags, 'seed', 0, 0, 4_294_967_295),
      ]
      const [checkpoint, size] = [checkpointGiven(call.flags), sizeGiven(call.flags)]
      const model = await modelOf(client, call.arguments[0]!)
      const drawn = await client.latent.sample({
        run: model.run.id,
        checkpoint,
        count,
        seed,
        as: 'uint8',
      })
      await noteOlder(client, call.terminal, model.run.id, checkpoint, drawn.step)
      const contents = async () => {
        if (out.ending === '.png') {
          const sheet = mosaic(
            { ...model.image, count, pixels: drawn.pixels },
            Math.ceil(Math.sqrt(count)),
          )
          return pngBytes(atSize(sheet, size))
        }
        // the draws themselves, decoded again as floats: a whole batch of floats may be more than
        // one message holds
        const { pixels } = await decoded(
          client,
          model,
          Float32Array.from(drawn.z.flat()),
          drawn.step,
          call,
        )
        return npyBytes(pixels, [count, model.pixels])
      }
      const { step } = drawn
      const text = `${count} images, seed ${seed}, step ${counted(step)}`
      await writeOut(call, out, await contents(), text, { run: model.run.id, step, count, seed })
    }),
}
