import * as tf from '@tensorflow/tfjs-core';
import {ConfigError} from '../errors.ts';

/** What a recorded forward pass returns. */
export interface Recording {
  /** The tensor that gradients are pulled back from. */
  readonly output: tf.Tensor;
  /** The intermediate tensors whose gradients are wanted. */
  readonly targets: readonly tf.Tensor[];
}

/** One recorded forward pass and what it takes to go back through it. */
export interface Tape {
  /** Output of the forward pass. */
  readonly output: tf.Tensor;
  /** The intermediate tensors whose gradients `pullback` gives. */
  readonly targets: readonly tf.Tensor[];
  /** For `dy` of the shape of `output`, the gradient of sum(output * dy) with respect to each target, in their order. */
  pullback(dy: tf.Tensor): tf.Tensor[];
  /** Frees what the backward passes need; no pullback after it. */
  dispose(): void;
}

/** The part of tfjs-core's engine that records gradients. */
interface GradientEngine {
  startTape(): void;
  endTape(): void;
  /** `activeTape` is absent before the first gradient. */
  readonly state: {gradientDepth: number; activeTape?: TapeNode[] | null};
}

interface TapeNode {
  readonly kernelName: string;
  /** An optional input that was left out is undefined. */
  readonly inputs: Readonly<Record<string, tf.Tensor | undefined>>;
  readonly outputs: readonly tf.Tensor[];
  readonly saved?: readonly tf.Tensor[];
  readonly gradient?: (dys: (tf.Tensor | undefined)[]) => Record<string, () => tf.Tensor>;
}

/** A node between the targets and the output, with the names of those inputs that depend on a target. */
interface PathNode {
  readonly node: TapeNode;
  readonly inputNames: readonly string[];
}

/**
 * Runs `forward` once and records it, so that any number of backward passes can follow. `tf.grads` would repeat the forward
 * pass for every one of them, and compute the gradients of all weights on the way.
 *
 * Only what lies between the targets and the output is visited. Inside an outer `tf.grad` everything stays on the outer
 * tape: pulled-back gradients are then differentiable themselves.
 *
 * @throws ConfigError if the tfjs-core in use has no tape that can be read, or an operation on the way has no gradient.
 */
export function recordTape(forward: () => Recording): Tape {
  const engine = gradientEngine();
  const nested = engine.state.gradientDepth > 0;
  const start = nested ? (engine.state.activeTape?.length ?? 0) : 0;
  let recording: Recording | undefined;
  let nodes: readonly TapeNode[] = [];
  engine.startTape();
  try {
    recording = forward();
  } finally {
    engine.endTape();
    const tape = engine.state.activeTape ?? [];
    nodes = inOrderOfUse(tape.slice(start));
    if (nested) {
      nodes.forEach((node, i) => {
        tape[start + i] = node;
      });
    } else {
      engine.state.activeTape = null;
      if (recording === undefined) disposeSaved(nodes);
    }
  }
  const {output, targets} = recording;
  const path = pathBetween(targets, output, nodes);
  if (!nested) {
    const onPath = new Set(path.map(({node}) => node));
    disposeSaved(nodes.filter((node) => !onPath.has(node)));
  }
  return {
    output,
    targets,
    pullback: (dy) => tf.tidy(() => backpropagate(dy, output, targets, path)),
    dispose: () => {
      if (!nested) disposeSaved(path.map(({node}) => node));
    },
  };
}

function gradientEngine(): GradientEngine {
  const engine = tf.engine() as unknown as Partial<GradientEngine>;
  const known = typeof engine.startTape === 'function' && typeof engine.endTape === 'function';
  if (!known || typeof engine.state?.gradientDepth !== 'number') {
    throw new ConfigError(
      'recordTape: expected the gradient tape of @tensorflow/tfjs-core 4.22, got a version without it. ' +
        'Install @tensorflow/tfjs-core 4.22.',
    );
  }
  return engine as GradientEngine;
}

/**
 * tfjs notes the clone of an output that an operation saves for its gradient before the operation itself. Read backwards,
 * that loses the second derivative of tanh, sigmoid, exp and the like; so each clone goes behind its operation.
 */
function inOrderOfUse(nodes: readonly TapeNode[]): TapeNode[] {
  const madeAt = new Map(nodes.flatMap((node, i) => node.outputs.map((tensor): [number, number] => [tensor.id, i])));
  const waiting = new Map<number, TapeNode[]>();
  return nodes.flatMap((node, i) => {
    const latest = Math.max(...Object.values(node.inputs).map((input) => madeAt.get(input?.id ?? -1) ?? -1));
    if (latest <= i) return [node, ...(waiting.get(i) ?? [])];
    waiting.set(latest, [...(waiting.get(latest) ?? []), node]);
    return [];
  });
}

function disposeSaved(nodes: readonly TapeNode[]): void {
  for (const node of nodes) tf.dispose([...(node.saved ?? [])]);
}

/** The nodes on a way from a target to the output, in the order of execution. Integers and booleans pass no gradient. */
function pathBetween(targets: readonly tf.Tensor[], output: tf.Tensor, nodes: readonly TapeNode[]): PathNode[] {
  const dependent = new Set(targets.map((target) => target.id));
  const downstream: PathNode[] = [];
  for (const node of nodes) {
    const inputNames = Object.keys(node.inputs).filter((name) => {
      const input = node.inputs[name];
      return input != null && dependent.has(input.id);
    });
    if (inputNames.length === 0) continue;
    const outputs = node.outputs.filter((tensor) => tensor.dtype === 'float32');
    for (const tensor of outputs) dependent.add(tensor.id);
    if (outputs.length > 0) downstream.push({node, inputNames});
  }
  const needed = new Set([output.id]);
  const path: PathNode[] = [];
  for (const step of downstream.reverse()) {
    if (!step.node.outputs.some((tensor) => needed.has(tensor.id))) continue;
    for (const name of step.inputNames) needed.add((step.node.inputs[name] as tf.Tensor).id);
    path.push(step);
  }
  return path.reverse();
}

function backpropagate(
  dy: tf.Tensor,
  output: tf.Tensor,
  targets: readonly tf.Tensor[],
  path: readonly PathNode[],
): tf.Tensor[] {
  const wanted = new Set(targets.map((target) => target.id));
  const gradients = new Map<number, tf.Tensor>([[output.id, tf.clone(dy)]]);
  for (let i = path.length - 1; i >= 0; i--) {
    const {node, inputNames} = path[i] as PathNode;
    const dys = node.outputs.map((tensor) => gradients.get(tensor.id));
    if (dys.every((gradient) => gradient === undefined)) continue;
    const partials = tf.tidy(() => partialsOf(node, inputNames, dys));
    inputNames.forEach((name, k) => {
      const id = (node.inputs[name] as tf.Tensor).id;
      const partial = partials[k] as tf.Tensor;
      const sofar = gradients.get(id);
      gradients.set(id, sofar === undefined ? partial : tf.add(sofar, partial));
      if (sofar !== undefined) tf.dispose([sofar, partial]);
    });
    for (const tensor of node.outputs) {
      if (wanted.has(tensor.id)) continue;
      gradients.get(tensor.id)?.dispose();
      gradients.delete(tensor.id);
    }
  }
  return targets.map((target) => gradients.get(target.id) ?? tf.zeros(target.shape));
}

function partialsOf(node: TapeNode, inputNames: readonly string[], dys: (tf.Tensor | undefined)[]): tf.Tensor[] {
  if (node.gradient === undefined) {
    throw new ConfigError(
      `recordTape: expected every operation above a tapped layer to be differentiable, got '${node.kernelName}', which ` +
        "has no gradient in tfjs. Freeze the layers below it (layer.trainable = false) or use weights: 'last-layer'.",
    );
  }
  const gradient = node.gradient(dys);
  return inputNames.map((name) => {
    const partial = gradient[name];
    if (partial === undefined) {
      throw new ConfigError(
        `recordTape: expected a gradient for input '${name}' of '${node.kernelName}', got none in this tfjs-core. ` +
          "Freeze the layers below it (layer.trainable = false) or use weights: 'last-layer'.",
      );
    }
    return tf.clone(partial());
  });
}
