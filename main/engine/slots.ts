// What an optimizer keeps beside the parameters, without tensors: importers ask too.
import type { RunConfig } from '../../preload/contract/runConfig.ts'

/** Names and shapes of the slots that an optimizer keeps, all starting at zero. */
export function slotShapes(
  config: RunConfig,
  parameters: Map<string, number[]>,
): Map<string, number[]> {
  const kinds = config.optimizer === 'sgd' ? ['sgd.velocity'] : ['adam.m', 'adam.v']
  return new Map(
    kinds.flatMap((kind) =>
      [...parameters].map(([name, shape]) => [`${kind}.${name}`, shape] as const),
    ),
  )
}
