// The model card as the explorer page shows it: sections of labels and values, all of them plain
// text.
import { isLikelihood } from '../../preload/contract/likelihood.ts'
import type { ExportedModel } from './exportedModel.ts'
import type { PageData } from './pageData.ts'
import { binarisationText, likelihoodText } from './signature.ts'

export function cardSections(model: ExportedModel): PageData['card'] {
  const { source, config, image } = model
  const { dataset, run } = source
  return [
    { title: 'Numbers', lines: numbers(model) },
    {
      title: 'Loss',
      lines: [
        [
          'objective',
          config.objective === 'tutorial'
            ? "the tutorial's squared error plus KL; not an ELBO"
            : `negative ELBO${config.beta === 1 ? '' : `, KL weighted by ${config.beta}`}`,
        ],
        ['likelihood', likelihoodText(config)],
        ['target', binarisationText(config)],
      ],
    },
    {
      title: 'Data',
      lines: [
        ['data set', dataset.title],
        [
          'images',
          `${image.height} x ${image.width}${image.channels === 1 ? ', grey' : `, ${image.channels} channels`}; ${dataset.images.train.toLocaleString('en')} for training`,
        ],
        ['licence', dataset.licence],
        ['source', dataset.source],
      ],
    },
    {
      title: 'Model',
      lines: [
        [
          'decoder',
          [config.latentSize, ...model.decoder.map(({ to }) => to.join(' x '))].join(' → '),
        ],
        ['activation', config.activation],
        [
          'trained',
          `${source.step.toLocaleString('en')} steps of ${config.batchSize} images on ${run.backend ?? 'an unknown backend'}`,
        ],
        ['run', run.id],
        ['program', `Latent Studio ${source.programVersion}`],
      ],
    },
  ]
}

function numbers({ source, config }: ExportedModel): [string, string][] {
  const { validation } = source
  if (!validation)
    return [['validation', `none is stored for step ${source.step.toLocaleString('en')}`]]
  const nats = (value: number) => `${value.toFixed(2)} nats per image`
  const bound = isLikelihood(config)
  const active = validation.klPerDimension.filter((value) => value > 0.01).length
  return [
    [bound ? 'negative ELBO' : 'total', nats(validation.total)],
    ['reconstruction', nats(validation.reconstruction)],
    ['KL', nats(validation.kl)],
    ['active (KL > 0.01)', `${active} of ${validation.klPerDimension.length} dimensions`],
    ['measured on', `validation split, step ${validation.step.toLocaleString('en')}`],
  ]
}
