import type {LoadContext} from '../src/io/index.ts';
import {createNet, type Net} from '../src/models/index.ts';
import {checkSavedModel, guardModel} from './model-guard.ts';

/** What every saved posterior over a net says of it. */
export interface SavedNet {
  /** Fingerprint of the model. */
  readonly fingerprint: string;
  /** Name of the output looked at, where the model has several. */
  readonly output: string | null;
}

/** The net of a saved posterior. Throws `ModelMismatchError` unless the model is the one that it was saved for. */
export async function loadedNet(
  {model}: LoadContext,
  saved: SavedNet,
): Promise<{readonly net: Net; readonly output: string | undefined}> {
  const output = saved.output ?? undefined;
  const net = createNet(model, {caller: 'loadPosterior', ...(output !== undefined && {output})});
  await checkSavedModel(guardModel(net.model), saved.fingerprint);
  return {net, output};
}
