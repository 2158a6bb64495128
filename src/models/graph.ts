import type * as tfl from '@tensorflow/tfjs-layers';

type Layer = tfl.layers.Layer;

/** A layer that is a model itself. */
type Container = Pick<tfl.LayersModel, 'layers' | 'inputs' | 'outputs' | 'nodesByDepth'> & Layer;

/** A layer on the way back from a model's output. */
export interface ChainLink {
  /** The layer. */
  readonly layer: Layer;
  /** Number of axes of the layer's output, the examples' included. */
  readonly rank: number;
  /** What goes into this call of the layer. */
  readonly inputs: readonly tfl.SymbolicTensor[];
}

/** Layers without layers inside, each once, in model order; nested models and TimeDistributed wrappers are opened. */
export function leafLayers(model: tfl.LayersModel): Layer[] {
  const leaves = new Set<Layer>();
  const visit = (layer: Layer): void => {
    const inner = unwrapTimeDistributed(layer);
    if (isContainer(inner)) inner.layers.forEach(visit);
    else leaves.add(inner);
  };
  model.layers.forEach(visit);
  return [...leaves];
}

/** Where layers keep layers: models, wrappers, recurrent layers and stacked cells. */
interface Nesting {
  readonly layers?: readonly Layer[];
  readonly cells?: readonly Layer[];
  readonly cell?: Layer;
  readonly forwardLayer?: Layer;
  readonly backwardLayer?: Layer;
  readonly layer?: Layer;
}

/** The layers directly inside of a layer, recurrent cells included; those of a bidirectional one, not the one that it copied. */
export function innerLayers(layer: Layer): readonly Layer[] {
  const {layers, cells, cell, forwardLayer, backwardLayer, layer: wrapped} = layer as Nesting;
  const parts = forwardLayer ? [forwardLayer, backwardLayer] : [...(layers ?? cells ?? []), cell, wrapped];
  return parts.filter((part) => part !== undefined);
}

/** The leaf layers from the output of a single-output model backwards, up to the first that merges several inputs. */
export function chainFromOutput(model: tfl.LayersModel): Generator<ChainLink> {
  return chainFrom(model.outputs[0]);
}

/** The leaf layers from a tensor backwards, up to the first that merges several inputs. */
export function* chainFrom(end: tfl.SymbolicTensor | undefined): Generator<ChainLink> {
  const entered: {container: Container; call: tfl.SymbolicTensor}[] = [];
  let tensor = end;
  while (tensor !== undefined) {
    const layer = unwrapTimeDistributed(tensor.sourceLayer);
    if (isContainer(layer)) {
      entered.push({container: layer, call: tensor});
      tensor = layer.outputs[tensor.outputTensorIndex ?? 0];
      continue;
    }
    if (layer.getClassName() === 'InputLayer') {
      const left = entered.pop();
      const input = tensor.id;
      tensor = left?.call.inputs[left.container.inputs.findIndex(({id}) => id === input)];
      continue;
    }
    yield {layer, rank: tensor.shape.length - wrappers(tensor.sourceLayer), inputs: tensor.inputs};
    tensor = tensor.inputs.length === 1 ? tensor.inputs[0] : undefined;
  }
}

/** How often one evaluation of the model calls the layer; a TimeDistributed wrapper counts as one call. */
export function countCalls(container: tfl.LayersModel | Container, layer: Layer): number {
  let calls = 0;
  for (const nodes of Object.values(container.nodesByDepth)) {
    for (const {outboundLayer} of nodes) {
      const inner = unwrapTimeDistributed(outboundLayer);
      if (inner === layer) calls++;
      else if (isContainer(inner)) calls += countCalls(inner, layer);
    }
  }
  return calls;
}

/** Whether the layer is a model itself. */
export function isContainer(layer: Layer): layer is Container {
  const {layers, outputs} = layer as Partial<Container>;
  return Array.isArray(layers) && Array.isArray(outputs);
}

/** The layer inside TimeDistributed wrappers, also those that other rooms derive; the layer itself where there is none. */
export function unwrapTimeDistributed(layer: Layer): Layer {
  return isTimeDistributed(layer) ? unwrapTimeDistributed((layer as Layer & {layer: Layer}).layer) : layer;
}

function wrappers(layer: Layer): number {
  return isTimeDistributed(layer) ? 1 + wrappers((layer as Layer & {layer: Layer}).layer) : 0;
}

function isTimeDistributed(layer: Layer): boolean {
  return layer.getClassName().endsWith('TimeDistributed');
}
