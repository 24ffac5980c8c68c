// Optimizers as pure functions of tensors: (parameters, slots, gradients, step scalars) ->
// (parameters, slots). Slots are keyed "adam.m.NAME" by parameter name, so that a checkpoint
// resumes exactly. (tfjs's own Adam cannot.)
import * as tf from './tf.ts'
import type { RunConfig } from '../../preload/contract/runConfig.ts'
import type { StepScalars } from './schedules.ts'
import type { Tensors } from './model.ts'

export interface OptimizerState {
  parameters: Tensors
  slots: Tensors
}

/** One step of the configured optimizer. */
export function optimize(
  config: RunConfig,
  state: OptimizerState,
  gradients: Tensors,
  scalars: StepScalars,
): OptimizerState {
  return config.optimizer === 'sgd'
    ? momentumStep(config, state, gradients, scalars)
    : adamStep(config, state, gradients, scalars)
}

// Kingma & Ba 2015, in the order of computation that its section 2 gives: the corrections go into
// one rate for the step and the epsilon, so that an element costs one division and one root. AdamW
// decouples the decay (Loshchilov & Hutter 2019).
function adamStep(
  config: RunConfig,
  state: OptimizerState,
  gradients: Tensors,
  scalars: StepScalars,
): OptimizerState {
  const next: OptimizerState = { parameters: {}, slots: {} }
  const root = tf.sqrt(scalars.correction2)
  const rate = tf.div(tf.mul(scalars.rate, root), scalars.correction1) // [1]
  const epsilon = tf.mul(root, config.epsilon) // [1]
  const decay = config.optimizer === 'adamw' ? tf.mul(scalars.rate, config.weightDecay) : null // [1]
  for (const [name, parameter] of Object.entries(state.parameters)) {
    const gradient = gradients[name]!
    const m = tf.add(
      tf.mul(state.slots[`adam.m.${name}`]!, config.beta1),
      tf.mul(gradient, 1 - config.beta1),
    )
    const v = tf.add(
      tf.mul(state.slots[`adam.v.${name}`]!, config.beta2),
      tf.mul(tf.square(gradient), 1 - config.beta2),
    )
    const moved = tf.sub(parameter, tf.mul(tf.div(m, tf.add(tf.sqrt(v), epsilon)), rate))
    next.parameters[name] =
      decay && name.endsWith('.weight') ? tf.sub(moved, tf.mul(parameter, decay)) : moved
    next.slots[`adam.m.${name}`] = m
    next.slots[`adam.v.${name}`] = v
  }
  return next
}

// Velocity v <- momentum v + g; parameter <- parameter - rate v (Sutskever et al. 2013, as PyTorch
// writes it).
function momentumStep(
  config: RunConfig,
  state: OptimizerState,
  gradients: Tensors,
  scalars: StepScalars,
): OptimizerState {
  const next: OptimizerState = { parameters: {}, slots: {} }
  for (const [name, parameter] of Object.entries(state.parameters)) {
    const velocity = tf.add(
      tf.mul(state.slots[`sgd.velocity.${name}`]!, config.momentum),
      gradients[name]!,
    )
    next.parameters[name] = tf.sub(parameter, tf.mul(velocity, scalars.rate))
    next.slots[`sgd.velocity.${name}`] = velocity
  }
  return next
}
