const optional = /^(webgpu|@tensorflow\/(tfjs-node|tfjs-node-gpu|tfjs-backend-webgpu))(\/|$)/;

/** Optional backends that the project's node_modules lacks are looked for in this folder's. */
export async function resolve(specifier, context, nextResolve) {
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    if (!optional.test(specifier)) throw error;
    return nextResolve(specifier, {...context, parentURL: import.meta.url});
  }
}
