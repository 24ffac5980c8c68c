// The one door to tfjs-core for the engine: every op, every gradient, no backend chosen.
// tfjs-core's Node bundle registers no gradients; the union package does, into the registry that
// both share on globalThis, so it is loaded for that effect alone. tfjs-core comes first: it owns
// the engine.
export * from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs'
